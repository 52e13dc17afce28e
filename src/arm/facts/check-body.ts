import type { JsonObject } from '../../json.ts'
import type { RegisteredType } from '../registry.ts'
import type { ResolvedVersion } from '../versions.ts'
import type { Facts } from './facts.ts'

export function checkBody(
  _facts: Facts,
  _type: RegisteredType,
  _version: ResolvedVersion,
  { body }: { verb: string; body: JsonObject },
): JsonObject {
  return body
}

export function checkActionBody(
  _facts: Facts,
  _type: RegisteredType,
  _version: ResolvedVersion,
  { body }: { action: string; body: JsonObject },
): JsonObject {
  return body
}

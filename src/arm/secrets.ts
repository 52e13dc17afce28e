import type { JsonObject } from '../json.ts'
import { type Sealing, secretContext } from '../store/sealing.ts'
import { valuesAt, without } from './paths.ts'
import type { RegisteredType } from './registry.ts'

export interface Parted {
  readonly body: JsonObject
  /** Sealed, by path. */
  readonly secrets: Readonly<Record<string, string>>
}

/** Takes a type's secrets out of a body and seals them: they never reach a row or an answer in clear. */
export function partSecrets(
  sealing: Sealing,
  { declaration }: RegisteredType,
  resourceId: string,
  body: JsonObject,
): Parted {
  const found = (declaration.secret ?? []).flatMap((pattern) => valuesAt(body, pattern))
  const secrets: Record<string, string> = {}
  for (const { path, value } of found) {
    if (value === null) continue
    const clear = typeof value === 'string' ? value : JSON.stringify(value)
    secrets[path] = sealing.seal(clear, secretContext(resourceId, path))
  }
  return {
    body: without(
      body,
      found.map(({ path }) => path),
    ),
    secrets,
  }
}

/** Values in clear that a declaration made, sealed. */
export const sealAll = (
  sealing: Sealing,
  resourceId: string,
  clear: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(clear).map(([path, value]) => [path, sealing.seal(value, secretContext(resourceId, path))]),
  )

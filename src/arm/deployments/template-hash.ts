import type { JsonObject } from '../../json.ts'
import { murmur64 } from './unique-string.ts'

/** Azure's hash of a template, as publicly known: of its compact JSON in upper case. */
export const templateHash = (template: JsonObject): string =>
  murmur64(JSON.stringify(template).toUpperCase()).toString()

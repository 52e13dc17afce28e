import { randomBytes } from 'node:crypto'
import { fault } from '../../faults.ts'
import { type JsonObject, textAt } from '../../json.ts'

/** Where the keys stand in a wish that brings its own, and among the resource's sealed secrets. */
export const PRIMARY_KEY = 'properties.keys.primaryKey'
export const SECONDARY_KEY = 'properties.keys.secondaryKey'
export const keyPaths: readonly string[] = [PRIMARY_KEY, SECONDARY_KEY]

type Opens = (path: string) => string | undefined

/** 32 letters and digits: what a header, a shell and a URL take as it is. */
export function newKey(): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
  let key = ''
  while (key.length < 32) {
    for (const byte of randomBytes(48)) {
      // The last bytes are left out, so that every character is as likely as any other.
      if (byte < 248 && key.length < 32) key += alphabet[byte % 62]
    }
  }
  return key
}

/** Keys that an endpoint has not got yet, made. */
export const missingKeys = (secret: Opens): Readonly<Record<string, string>> =>
  Object.fromEntries(keyPaths.filter((path) => !secret(path)).map((path) => [path, newKey()]))

/** What `listKeys` answers. */
export const endpointKeys = (secret: Opens): JsonObject => ({
  primaryKey: secret(PRIMARY_KEY) ?? '',
  secondaryKey: secret(SECONDARY_KEY) ?? '',
})

/**
 * A key made anew, or set to the value that is asked. azure-ai-ml sends the key that there is as the value, and means a
 * new one.
 *
 * @throws EndpointInvalid
 */
export function regeneratedKey(body: JsonObject, secret: Opens): Readonly<Record<string, string>> {
  const kind = textAt(body.keyType)?.toLowerCase()
  if (kind !== 'primary' && kind !== 'secondary') {
    throw fault('EndpointInvalid', { reason: "'keyType' must be Primary or Secondary." })
  }
  const path = kind === 'primary' ? PRIMARY_KEY : SECONDARY_KEY
  const value = textAt(body.keyValue)
  if (!value || value === secret(path)) return { [path]: newKey() }
  if (!/^[\x21-\x7e]{16,512}$/.test(value)) {
    throw fault('EndpointInvalid', { reason: "'keyValue' must be 16 to 512 printable characters without blanks." })
  }
  return { [path]: value }
}

/** A JSON value as it stands in bodies and in the store. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export type JsonObject = { readonly [key: string]: Json | undefined }

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The object at `value`, or an empty one: for optional parts of a body that its schema has already checked. */
export const objectAt = (value: unknown): JsonObject => (isObject(value) ? value : {})

/** The text at `value`, or undefined: for optional parts of a body that its schema has already checked. */
export const textAt = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** The object that a text holds, or an empty one: for texts that anybody may have written. */
export function objectIn(text: string): JsonObject {
  try {
    return objectAt(JSON.parse(text))
  } catch {
    return {}
  }
}

/** A value as it comes back from the store: what is undefined is absent. */
export function plainCopy(value: object): JsonObject {
  const copy: unknown = JSON.parse(JSON.stringify(value))
  return objectAt(copy)
}

/**
 * A value as a text: one that is a text as it is, any other as JSON. Not `String`: an object of a client may have a
 * `toString` of its own, which is no function.
 */
export const plainText = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))

/** The same for a sentence, where it must not be long. */
export const inSentence = (value: unknown): string => plainText(value).slice(0, 100)

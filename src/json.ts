/** A JSON value as it stands in bodies and in the store. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export type JsonObject = { readonly [key: string]: Json | undefined }

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The object at `value`, or an empty one: for optional parts of a body that its schema has already checked. */
export const objectAt = (value: unknown): JsonObject => (isObject(value) ? value : {})

/** The text at `value`, or undefined: for optional parts of a body that its schema has already checked. */
export const textAt = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** A value for a sentence, a text as it is. Not `String`: an object of a client may have a `toString` of its own. */
export const inSentence = (value: Json | undefined): string =>
  (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')).slice(0, 100)

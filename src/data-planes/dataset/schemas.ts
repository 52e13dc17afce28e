import { type Static, Type } from 'typebox'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'

/** A text, a map of texts, and the like, which clients send as null where they mean nothing. */
export const MaybeText = Type.Optional(Type.Union([Type.String(), Type.Null()]))
export const MaybeTexts = Type.Optional(Type.Union([Type.Record(Type.String(), Type.String()), Type.Null()]))
export const MaybeFlag = Type.Optional(Type.Union([Type.Boolean(), Type.Null()]))

/** What of data may be changed once it is made. */
export const Mutable = Type.Object({
  description: MaybeText,
  tags: MaybeTexts,
  isArchived: MaybeFlag,
  dataExpiryTime: MaybeText,
})

/**
 * What a change says, as properties of the resource.
 *
 * @throws ParameterInvalid for a time at which data goes: nothing here would keep that promise
 */
export function mutableProperties(sent: Static<typeof Mutable> | null | undefined): JsonObject {
  if (sent?.dataExpiryTime) {
    throw fault('ParameterInvalid', { reason: "Data does not expire here: leave 'dataExpiryTime' out." })
  }
  return { description: sent?.description, tags: sent?.tags, isArchived: sent?.isArchived }
}

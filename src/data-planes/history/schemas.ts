import { Type } from 'typebox'

/** Texts by key; run history lets a client send null where it means nothing. */
export const Texts = Type.Union([Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()])), Type.Null()])

export const MaybeText = Type.Union([Type.String(), Type.Null()])

export const QueryParams = Type.Object({
  filter: Type.Optional(MaybeText),
  continuationToken: Type.Optional(MaybeText),
  orderBy: Type.Optional(MaybeText),
  top: Type.Optional(Type.Union([Type.Integer({ minimum: 1 }), Type.Null()])),
})

/** A listing by GET. */
export const ListQuery = Type.Object({
  $filter: Type.Optional(Type.String()),
  $continuationtoken: Type.Optional(Type.String()),
  $orderby: Type.Optional(Type.String()),
  $sortorder: Type.Optional(Type.String()),
  $top: Type.Optional(Type.Integer({ minimum: 1 })),
  $count: Type.Optional(Type.Integer({ minimum: 1 })),
})

/** The entries that are texts: a null in a map of tags says nothing. */
export const textsOf = (value: Readonly<Record<string, string | null>> | null | undefined): Record<string, string> =>
  Object.fromEntries(
    Object.entries(value ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )

import { Type } from 'typebox'

/** The furthest that a time in milliseconds can be. */
const FURTHEST = 8_640_000_000_000_000

/** Protocol buffers' JSON writes whole numbers of 64 bits as text; MLflow's Python client writes numbers. */
export const Whole = Type.Union([
  Type.Integer({ minimum: -FURTHEST, maximum: FURTHEST }),
  Type.String({ pattern: '^-?\\d{1,15}$' }),
])

/** A metric's value: JSON has no NaN and no infinity, so they come as text. */
export const Value = Type.Union([
  Type.Number(),
  Type.String({ pattern: '^(-?Infinity|NaN|[+-]?[\\d.]+([eE][+-]?\\d+)?)$' }),
])

export const KeyValue = Type.Object({ key: Type.String(), value: Type.Optional(Type.String()) })

/** Both names of a run: MLflow 1's and today's. */
export const RunIds = { run_id: Type.Optional(Type.String()), run_uuid: Type.Optional(Type.String()) }

/** Pairs as a record; a value that is not sent is empty. */
export const recordOf = (
  sent: readonly { readonly key: string; readonly value?: string }[] | undefined,
): Readonly<Record<string, string>> => Object.fromEntries((sent ?? []).map(({ key, value = '' }) => [key, value]))

export const keyValues = (record: Readonly<Record<string, string>>) =>
  Object.entries(record).map(([key, value]) => ({ key, value }))

/** A number as MLflow's JSON has it: what JSON can't write is text. */
export const presentValue = (value: number): number | string => (Number.isFinite(value) ? value : String(value))

import type { JsonObject } from '../../json.ts'
import type { RowSealing } from '../data-keys.ts'

/** Nothing is sealed: for stores without customer-managed keys. */
export const unsealed: RowSealing = {
  scopeOf: () => undefined,
  seal: (_scope, clear) => clear,
  open: (_scope, sealed) => sealed,
  mark: (_scope, text) => text,
  isOpen: () => true,
}

/** Where a row belongs, and what it is bound to when it is sealed. */
export interface RowPlace {
  /** The folded id that says the scope. */
  readonly key: string
  /** What tells the row from every other of its scope. */
  readonly context: string
}

/**
 * A row's JSON as it is written: as it is, or sealed, with beside it what queries look for. Those parts are listed in
 * docs/encryption.md.
 */
export function bodyOf(
  sealing: RowSealing,
  { key, context }: RowPlace,
  clear: object,
  searched: JsonObject = {},
): string {
  const text = JSON.stringify(clear)
  const scope = sealing.scopeOf(key)
  if (scope === undefined) return text
  return JSON.stringify({ sealed: sealing.seal(scope, text, context), ...searched })
}

/** What `bodyOf` was given. @throws the scope's fault while its key is away */
export function clearBody<Value>(sealing: RowSealing, { key, context }: RowPlace, text: string): Value {
  const value = JSON.parse(text) as Value & { readonly sealed?: string }
  const scope = sealing.scopeOf(key)
  if (scope === undefined) return value
  return JSON.parse(sealing.open(scope, value.sealed ?? '', context)) as Value
}

/** Whether the row can be read now. */
export function isReadable(sealing: RowSealing, key: string): boolean {
  const scope = sealing.scopeOf(key)
  return scope === undefined || sealing.isOpen(scope)
}

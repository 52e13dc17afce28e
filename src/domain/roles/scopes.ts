import { foldId } from '../../resource-id.ts'

/** A scope as it is compared: folded, '' for the tenant. */
export const scopeKey = (scope: string): string => (scope === '' || scope === '/' ? '' : foldId(scope))

/** Whether a folded scope is another one or lies below it. */
export const isWithin = (key: string, scope: string): boolean =>
  key === scope || (key.startsWith(scope) && key.charCodeAt(scope.length) === 47)

/** The folded scope that an extension's id stands at: everything before its own `/providers/…`. */
export const scopeOfExtension = (id: string): string => {
  const key = foldId(id)
  return key.slice(0, key.lastIndexOf('/providers/microsoft.authorization/'))
}

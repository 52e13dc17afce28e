import { foldId } from '../resource-id.ts'

/** The folded scope that an extension resource's id stands at. */
export const keyOfScope = (id: string): string => {
  const key = foldId(id)
  return key.slice(0, key.lastIndexOf('/providers/'))
}

/** Whether a folded id is another one or lies below it. */
export const isWithin = (key: string, scope: string): boolean => key === scope || key.startsWith(`${scope}/`)

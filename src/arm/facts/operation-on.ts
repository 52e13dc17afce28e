import type { Operation, TypeFacts } from './facts.ts'

/** The operation on one resource of the type, by method: not that of its collection, not an action below it. */
export const operationOn = (known: TypeFacts | undefined, method: string): Operation | undefined =>
  known?.operations.find((one) => one.method === method && below(one.path).length % 2 === 0)

/** The path's segments below the provider; for the resource manager's own paths all of them. */
const below = (path: string): readonly string[] =>
  path
    .slice(Math.max(path.lastIndexOf('/providers/Microsoft.'), 0))
    .split('/')
    .filter((part) => part !== '')

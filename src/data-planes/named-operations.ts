import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** `[method, path, name]`; a path has `{ws}` for the workspace, and blanks. */
export type NamedOperation = readonly [method: string, path: string, name: string]

const WORKSPACE = '/subscriptions/{}/resourcegroups/{}/providers/microsoft.machinelearningservices/workspaces/{}'

/** All operations that Azure's public clients know of the regional services. */
export const namedOperations = (): readonly NamedOperation[] =>
  JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'spec', 'regional-operations.json'), 'utf8'))

/** Looks operations up by what was asked; the list is read on the first refusal that needs it. */
export function operationNames(): (method: string, path: string) => string | undefined {
  let byLength:
    | Map<string, { readonly segments: readonly string[]; readonly name: string; readonly deep: boolean }[]>
    | undefined
  return (method, path) => {
    byLength ??= Map.groupBy(
      namedOperations().map(([verb, pattern, name]) => {
        return { verb, segments: segmentsOf(pattern), name, deep: pattern.endsWith('/{path}') }
      }),
      ({ verb, segments }) => `${verb} ${segments.length}`,
    )
    const asked = segmentsOf(mlflowPath(path))
    // An artifact's path at the end may have any number of segments: shorter patterns are tried too.
    for (let length = asked.length; length > 0; length--) {
      const found = byLength
        .get(`${method} ${length}`)
        ?.filter(({ deep }) => deep || length === asked.length)
        .find(({ segments }) => segments.every((segment, at) => segment === '{}' || segment === asked[at]))
      if (found) return found.name
    }
    return undefined
  }
}

/** The ways to ask MLflow are one list: its versions in Azure, its own server, the paths of its pages. */
const mlflowPath = (path: string): string =>
  path
    .replace(/^\/mlflow\/(?:v\d\.0\/)?subscriptions\//i, '/mlflow/v2.0/subscriptions/')
    .replace(/^(?=\/(?:ajax-)?api\/)/i, `/mlflow/v2.0${WORKSPACE}`)
    .replace(/\/ajax-api\//i, '/api/')

const segmentsOf = (path: string): readonly string[] =>
  path
    .replace('{ws}', WORKSPACE)
    .replace(/\{\w*\}/g, '{}')
    .toLowerCase()
    .split('/')

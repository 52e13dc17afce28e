import type { ScopeOperation, ScopeRequest } from '../../arm/define-resource.ts'
import { fault } from '../../faults.ts'
import { inSentence } from '../../json.ts'
import { parseResourceId } from '../../resource-id.ts'

const UNMOVABLE = /^microsoft\.machinelearningservices\//i

/** Moving resources: refused by Azure for workspaces, and by this server for all else. */
export const moveOperations: readonly ScopeOperation[] = (['moveResources', 'validateMoveResources'] as const).map(
  (name) => ({
    method: 'POST',
    path: `/${name}`,
    scope: 'resourceGroup',
    right: `subscriptions/resourceGroups/${name}/action`,
    answer: async (deps, request) => refuse(name, await typesOf(deps.store, request)),
  }),
)

async function typesOf(
  { resources }: { resources: { get(id: string): Promise<unknown> } },
  { body, scope }: ScopeRequest,
): Promise<readonly string[]> {
  const ids = Array.isArray(body.resources) ? body.resources : []
  if (ids.length === 0) throw fault('InvalidRequestContent', { reason: "'resources' names no resource" })
  const types: string[] = []
  for (const text of ids) {
    const id = typeof text === 'string' ? parseResourceId(text) : undefined
    if (!id) throw fault('InvalidRequestContent', { reason: `'${inSentence(text)}' is no resource id` })
    if (!(await resources.get(id.key))) {
      throw fault('ResourceNotFound', { type: id.type, name: id.name, group: id.resourceGroup ?? scope.name })
    }
    types.push(id.type)
  }
  return types
}

function refuse(name: string, types: readonly string[]): never {
  const unmovable = [...new Set(types.filter((type) => UNMOVABLE.test(type)))]
  if (unmovable.length > 0) throw fault('ResourceMoveNotSupported', { types: unmovable.join(',') })
  throw fault('NotImplementedByLazuli', { operation: name })
}

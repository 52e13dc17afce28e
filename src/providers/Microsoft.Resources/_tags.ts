import type { ScopeOperation, ScopeRequest } from '../../arm/define-resource.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { parseResourceId } from '../../resource-id.ts'

/** The tags of any one resource, group or subscription: changed by themselves, with a right of their own. */
export const tagOperations: readonly ScopeOperation[] = [
  {
    method: 'GET',
    path: 'tags/default',
    scope: 'any',
    right: 'tags/read',
    answer: async (_deps, request) => {
      const found = await taggedOf(request)
      return { body: present(request, objectAt(found.body.tags)) }
    },
  },
  {
    method: 'PUT',
    path: 'tags/default',
    scope: 'any',
    right: 'tags/write',
    answer: (_deps, request) => changed(request, () => sentTags(request)),
  },
  {
    method: 'PATCH',
    path: 'tags/default',
    scope: 'any',
    right: 'tags/write',
    answer: (_deps, request) => changed(request, patchOf(request)),
  },
  {
    method: 'DELETE',
    path: 'tags/default',
    scope: 'any',
    right: 'tags/delete',
    async answer(_deps, request) {
      await changed(request, () => ({}))
      return { status: 200 }
    },
  },
]

type Change = (tags: JsonObject) => JsonObject

async function changed(request: ScopeRequest, change: Change): Promise<{ body: JsonObject }> {
  const { arm, context } = request
  const tags = await arm.changeTags({
    id: scopeOf(request),
    caller: context.caller,
    change,
    apiVersion: context.apiVersion,
  })
  return { body: present(request, tags) }
}

/** The resource manager's root has no tags. */
function scopeOf({ scope }: ScopeRequest) {
  if (scope.key === '') throw fault('TagsNotSupported', { type: 'tenant' })
  return scope
}

async function taggedOf(request: ScopeRequest) {
  const scope = scopeOf(request)
  const found = await request.arm.get(scope.text)
  if (found) return found
  if (scope.type === 'Microsoft.Resources/subscriptions') {
    throw fault('SubscriptionNotFound', { subscription: scope.name })
  }
  throw fault('ResourceNotFound', { type: scope.type, name: scope.name, group: scope.resourceGroup ?? '<null>' })
}

/** @throws InvalidRequestContent */
function sentTags({ body }: ScopeRequest): JsonObject {
  const { tags } = objectAt(body.properties)
  if (typeof tags !== 'object' || tags === null || Array.isArray(tags)) {
    throw fault('InvalidRequestContent', { reason: "'properties.tags' is no object" })
  }
  return objectAt(tags)
}

/** @throws InvalidRequestContent where the operation is none of Azure's three */
function patchOf(request: ScopeRequest): Change {
  const operation = textAt(request.body.operation) ?? ''
  const sent = sentTags(request)
  switch (operation.toLowerCase()) {
    case 'replace':
      return () => sent
    case 'merge':
      return (tags) =>
        Object.entries(sent).reduce((all, [name, value]) => ({ ...without(all, name), [name]: value }), tags)
    case 'delete':
      return (tags) =>
        Object.entries(sent).reduce(
          (all, [name, value]) => (tagNamed(all, name) === value ? without(all, name) : all),
          tags,
        )
    default:
      throw fault('InvalidRequestContent', { reason: `the operation '${operation}' is none of Merge, Replace, Delete` })
  }
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
const tagNamed = (tags: JsonObject, name: string) => Object.entries(tags).find(([tag]) => same(tag, name))?.[1]
/** Names of tags fold case, values do not. */
const without = (tags: JsonObject, name: string): JsonObject =>
  Object.fromEntries(Object.entries(tags).filter(([tag]) => !same(tag, name)))

const present = ({ scope }: ScopeRequest, tags: JsonObject): JsonObject => ({
  id: `${parseResourceId(scope.text)?.text ?? ''}/providers/Microsoft.Resources/tags/default`,
  name: 'default',
  type: 'Microsoft.Resources/tags',
  properties: { tags },
})

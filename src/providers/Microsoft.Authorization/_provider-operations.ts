import type { ProviderOperation, ScopeOperation, ScopeRequest } from '../../arm/define-resource.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'

/** What roles can be made of, as `az provider operation` reads it: computed from the declarations. */
export const providerOperations: readonly ScopeOperation[] = [
  {
    method: 'GET',
    path: 'providerOperations',
    scope: 'tenant',
    answer: async (_deps, { arm }) => ({
      body: { value: arm.providers().map(({ namespace }) => present(namespace, arm.operationsOf(namespace) ?? [])) },
    }),
  },
  {
    method: 'GET',
    path: 'providerOperations/{namespace}',
    scope: 'tenant',
    answer: async (_deps, request) => ({ body: one(request) }),
  },
]

function one({ arm, params }: ScopeRequest): JsonObject {
  const namespace = params.namespace ?? ''
  const known = arm.providers().find((provider) => provider.namespace.toLowerCase() === namespace.toLowerCase())
  if (!known) throw fault('InvalidResourceNamespace', { namespace })
  return present(known.namespace, arm.operationsOf(known.namespace) ?? [])
}

function present(namespace: string, operations: readonly ProviderOperation[]): JsonObject {
  const byType = Map.groupBy(operations, ({ resource }) => resource)
  return {
    id: `/providers/Microsoft.Authorization/providerOperations/${namespace}`,
    type: 'Microsoft.Authorization/providerOperations',
    name: namespace,
    displayName: namespace,
    operations: (byType.get('') ?? []).map(shown),
    resourceTypes: [...byType]
      .filter(([name]) => name !== '')
      .map(([name, all]) => ({ name, displayName: name, operations: all.map(shown) })),
  }
}

const shown = ({ name, verb, resource, isDataAction }: ProviderOperation): JsonObject => ({
  name,
  displayName: `${verb} ${resource}`.trim(),
  description: `${verb} ${resource}`.trim(),
  origin: 'user,system',
  properties: null,
  isDataAction,
})

import type { ScopeOperation, ScopeRequest } from '../../arm/define-resource.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'

const SCOPES = ['tenant', 'subscription', 'resourceGroup'] as const

/** What clients ask of deployments beside the resources themselves. */
export const deploymentOperations: readonly ScopeOperation[] = [
  {
    method: 'POST',
    path: 'calculateTemplateHash',
    scope: 'tenant',
    answer: async (_deps, { body, arm }) => ({
      body: { minifiedTemplate: JSON.stringify(body), templateHash: arm.deployments.templateHash(body) },
    }),
  },
  {
    method: 'POST',
    path: '/exportTemplate',
    scope: 'resourceGroup',
    right: 'subscriptions/resourceGroups/exportTemplate/action',
    answer: async (_deps, { scope, body, context, arm }) => ({
      body: await arm.deployments.exportGroup({ id: scope, body, caller: context.caller }),
    }),
  },
  ...SCOPES.map(
    (scope): ScopeOperation => ({
      method: 'GET',
      path: 'deployments/{deployment}/operations/{operation}',
      scope,
      right: 'deployments/operations/read',
      answer: async (_deps, request) => {
        const asked = (request.params.operation ?? '').toLowerCase()
        const found = (await recordsOf(request)).find(({ operationId }) => String(operationId).toLowerCase() === asked)
        if (!found) throw fault('DeploymentOperationNotFound', { operation: request.params.operation ?? '' })
        return { body: found }
      },
    }),
  ),
]

async function recordsOf({ arm, scope, params }: ScopeRequest): Promise<readonly JsonObject[]> {
  const name = params.deployment ?? ''
  const deployment = await arm.get(`${scope.text}/providers/Microsoft.Resources/deployments/${name}`)
  if (!deployment) {
    throw fault('ResourceNotFound', {
      type: 'Microsoft.Resources/deployments',
      name,
      group: scope.resourceGroup ?? '<null>',
    })
  }
  return await arm.deployments.operations(deployment)
}

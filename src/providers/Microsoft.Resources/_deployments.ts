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
  // Older clients, azure-ai-ml among them, leave the provider out of the path.
  ...(['subscription', 'resourceGroup'] as const).map(
    (scope): ScopeOperation => ({
      method: 'GET',
      path: '/deployments/{deployment}/operations',
      scope,
      right: 'deployments/operations/read',
      answer: async (_deps, request) => ({ body: { value: [...(await recordsOf(request))] } }),
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
  return arm.deployments.operations(deployment)
}

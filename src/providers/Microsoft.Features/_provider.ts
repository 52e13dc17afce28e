import { defineProvider, type ScopeOperation, type ScopeRequest } from '../../arm/define-resource.ts'
import { fault } from '../../faults.ts'

/**
 * Preview features. No provider here has one, so the lists are empty, and one that is asked for by its name, to read or
 * to register it, is not found.
 */
export default defineProvider({
  namespace: 'Microsoft.Features',
  alwaysRegistered: true,
  knownVersions: ['2014-08-01-preview', '2015-12-01', '2021-07-01'],
  operations: [
    { method: 'GET', path: 'features', scope: 'subscription', right: 'features/read', answer: none },
    {
      method: 'GET',
      path: 'providers/{namespace}/features',
      scope: 'subscription',
      right: 'features/read',
      answer: ofProvider,
    },
    {
      method: 'GET',
      path: 'providers/{namespace}/features/{feature}',
      scope: 'subscription',
      right: 'features/read',
      answer: unknown,
    },
    ...(['register', 'unregister'] as const).map(
      (action): ScopeOperation => ({
        method: 'POST',
        path: `providers/{namespace}/features/{feature}/${action}`,
        scope: 'subscription',
        right: `features/${action}/action`,
        answer: unknown,
      }),
    ),
  ],
})

async function none() {
  return { body: { value: [] } }
}

async function ofProvider(_deps: unknown, request: ScopeRequest) {
  demandProvider(request)
  return none()
}

async function unknown(_deps: unknown, request: ScopeRequest): Promise<never> {
  const namespace = demandProvider(request)
  throw fault('FeatureNotFound', { feature: request.params.feature ?? '', namespace })
}

/** @throws InvalidResourceNamespace */
function demandProvider({ arm, params }: ScopeRequest): string {
  const namespace = params.namespace ?? ''
  const known = arm.providers().find((one) => one.namespace.toLowerCase() === namespace.toLowerCase())
  if (!known) throw fault('InvalidResourceNamespace', { namespace })
  return known.namespace
}

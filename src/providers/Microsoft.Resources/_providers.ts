import type { ProviderListing, ScopeOperation, ScopeRequest } from '../../arm/define-resource.ts'
import type { Deps } from '../../domain/deps.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'

/** Listing providers and registering them: what is declared here is what there is. */
export const providerOperations: readonly ScopeOperation[] = [
  {
    method: 'GET',
    path: '/providers',
    scope: 'tenant',
    answer: async (_deps, { arm }) => ({
      body: { value: arm.providers().map((provider) => present(provider, undefined, arm)) },
    }),
  },
  {
    method: 'GET',
    path: '/providers/{namespace}',
    scope: 'tenant',
    answer: async (_deps, request) => ({ body: present(asked(request), undefined, request.arm) }),
  },
  {
    method: 'GET',
    path: '/providers',
    scope: 'subscription',
    right: 'subscriptions/providers/read',
    answer: async (_deps, request) => ({
      body: { value: request.arm.providers().map((provider) => present(provider, request, request.arm)) },
    }),
  },
  {
    method: 'GET',
    path: '/providers/{namespace}',
    scope: 'subscription',
    right: 'subscriptions/providers/read',
    answer: async (_deps, request) => ({ body: present(asked(request), request, request.arm) }),
  },
  {
    method: 'GET',
    path: '/providers/{namespace}/resourceTypes',
    scope: 'subscription',
    right: 'subscriptions/providers/read',
    answer: async (_deps, request) => ({
      body: { value: present(asked(request), request, request.arm).resourceTypes },
    }),
  },
  {
    method: 'GET',
    path: '/providers/{namespace}/providerPermissions',
    scope: 'subscription',
    right: 'subscriptions/providers/read',
    // Applications of a provider that act in the subscription: no provider here has one.
    async answer(_deps, request) {
      asked(request)
      return { body: { value: [] } }
    },
  },
  {
    method: 'POST',
    path: '/providers/{namespace}/register',
    scope: 'subscription',
    right: 'subscriptions/providers/register/action',
    answer: (deps, request) => register(deps, request, 'Registered'),
  },
  {
    method: 'POST',
    path: '/providers/{namespace}/unregister',
    scope: 'subscription',
    right: 'subscriptions/providers/unregister/action',
    answer: (deps, request) => register(deps, request, 'Unregistered'),
  },
]

function asked({ arm, params }: ScopeRequest): ProviderListing {
  const namespace = params.namespace ?? ''
  const found = arm.providers().find((provider) => provider.namespace.toLowerCase() === namespace.toLowerCase())
  if (!found) throw fault('InvalidResourceNamespace', { namespace })
  return found
}

const stateOf = (provider: ProviderListing, { resource }: Pick<ScopeRequest, 'resource'>): string =>
  textAt(objectAt(resource?.state.registrations)[provider.namespace.toLowerCase()]) ?? 'Registered'

function present(
  provider: ProviderListing,
  request: Pick<ScopeRequest, 'resource' | 'scope'> | undefined,
  arm: ScopeRequest['arm'],
): JsonObject {
  const locations = arm.regions().map(({ displayName }) => displayName)
  return {
    ...(request && { id: `${request.scope.text}/providers/${provider.namespace}` }),
    namespace: provider.namespace,
    ...(request && { registrationState: stateOf(provider, request), registrationPolicy: 'RegistrationRequired' }),
    resourceTypes: provider.types.map(({ type, apiVersions, at }) => ({
      resourceType: type,
      locations: at.includes('resourceGroup') || type.includes('/') ? locations : [],
      apiVersions,
      capabilities: at.includes('resource') ? 'SupportsExtension' : 'SupportsTags, SupportsLocation',
    })),
  }
}

async function register(
  { store }: Deps,
  request: ScopeRequest,
  state: 'Registered' | 'Unregistered',
): Promise<{ body: JsonObject }> {
  const provider = asked(request)
  const namespace = provider.namespace.toLowerCase()
  if (state === 'Unregistered') await demandUnused(store, request, provider)
  const subscription = await store.write(async (within) => {
    const kept = await within.resources.get(request.scope.key)
    if (!kept) throw fault('SubscriptionNotFound', { subscription: request.scope.name })
    const registrations = { ...objectAt(kept.state.registrations), [namespace]: state }
    const changed = { ...kept, state: { ...kept.state, registrations } }
    await within.resources.put(changed)
    return changed
  })
  return { body: present(provider, { ...request, resource: subscription }, request.arm) }
}

/** Azure unregisters no provider whose resources are there still. */
async function demandUnused({ resources }: Deps['store'], { scope }: ScopeRequest, provider: ProviderListing) {
  for (const { type } of provider.types) {
    if (type.includes('/')) continue
    const { items } = await resources.ofType(scope.key, `${provider.namespace}/${type}`, { limit: 1 })
    const [first] = items
    if (first) throw fault('ProviderInUse', { namespace: provider.namespace, resource: first.id })
  }
}

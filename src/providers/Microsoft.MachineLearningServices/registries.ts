import { Type } from 'typebox'
import { defineResource, done, failed, type LinkedRequest, type LinkedRight } from '../../arm/define-resource.ts'
import { demandOpenNetwork } from '../../domain/dependencies/open-network.ts'
import { demandWritable, isBuiltIn } from '../../domain/registries/built-in.ts'
import { REGISTRIES } from '../../domain/registries/registry-ids.ts'
import { demandRegions, ensureRegistryStorage, userCreatedAccounts } from '../../domain/registries/registry-storage.ts'
import { normalRegion } from '../../domain/workspaces/region.ts'
import { ensureIdentity, identityFault, identityView } from '../../domain/workspaces/workspace-identity.ts'
import { fault, isFault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { parseResourceId } from '../../resource-id.ts'
import { linkedIdentities } from './_linked.ts'

/** A registry: assets that many workspaces share. It brings storage of its own, in a group that goes with it. */
export default defineResource({
  type: REGISTRIES,
  at: ['resourceGroup', 'tenant'],
  name: /^[a-zA-Z0-9][\w-]{1,32}$/,
  globalName: true,
  reads: Type.Object({ location: Type.Optional(Type.String()) }),
  defaults: () => ({ properties: { publicNetworkAccess: 'Enabled', managedResourceGroupTags: {} } }),
  linked: (request) => [...linkedIdentities(request), ...linkedAccounts(request)],
  async check({ store }, { id, body }) {
    demandWritable(id.text)
    demandOpenNetwork(id.name, objectAt(body.properties))
    demandNoKey(id.name, objectAt(body.properties))
    const wish: JsonObject = { ...body, location: normalRegion(body.location ?? '') }
    await demandRegions(store.resources, id.name, wish)
    const problem = await identityFault(store.resources, objectAt(wish.identity))
    if (problem) throw problem
    return wish
  },
  async apply(deps, { id, wish, resource, arm }) {
    try {
      const identity = await ensureIdentity(deps, id, objectAt(wish.identity))
      return done({ ...(await ensureRegistryStorage(arm, resource)), identity })
    } catch (error) {
      if (isFault(error)) return failed(error)
      throw error
    }
  },
  checkRemove: async (_deps, { id }) => demandWritable(id.text),
  async remove(deps, { id, state, arm }) {
    const group = textAt(state.managedResourceGroup)
    if (group !== undefined) await arm.remove(group)
    await deps.identities.remove(id.key)
    return done()
  },
  async view({ store }, { id, name, body, state }, { origin }) {
    const region = textAt(body.location) ?? ''
    const identity = await identityView(store.resources, objectAt(body.identity), objectAt(state.identity))
    return {
      ...(identity && { identity }),
      properties: {
        discoveryUrl: `${origin.regional(region)}/registrymanagement/v1.0/registries/${name}/discovery`,
        mlFlowRegistryUri: `${origin.regional(region).replace(/^https?:/, 'azureml:')}/mlflow/v1.0${id}`,
        ...(!isBuiltIn(id) && {
          managedResourceGroup: { resourceId: textAt(state.managedResourceGroup) ?? null },
          ...(Array.isArray(state.regionDetails) && { regionDetails: state.regionDetails }),
        }),
      },
    }
  },
})

/** @throws RegistryInvalid for a key that would be kept and seal nothing: no version of the type has one */
function demandNoKey(registry: string, { encryption }: JsonObject): void {
  if (encryption === undefined || encryption === null) return
  const reason =
    "A registry has no 'encryption': name a storage account with a customer-managed key as 'userCreatedStorageAccount' of its regions."
  throw fault('RegistryInvalid', { registry, reason })
}

/** Who lets a registry keep its assets in an account lends it the account's keys. */
const linkedAccounts = ({ body }: LinkedRequest): readonly LinkedRight[] =>
  // What is no id at all is refused in the type's own words.
  userCreatedAccounts(body)
    .filter((id) => parseResourceId(id))
    .map((scope) => ({ action: 'Microsoft.Storage/storageAccounts/listKeys/action', scope }))

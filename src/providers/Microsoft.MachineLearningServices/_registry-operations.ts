import type { ScopeOperation } from '../../arm/define-resource.ts'
import { promoteAsset, sourceAsset } from '../../domain/registries/promote-asset.ts'
import { readReference, temporaryUpload } from '../../domain/registries/temporary-data.ts'
import { fault } from '../../faults.ts'
import { objectAt, textAt } from '../../json.ts'

const REGISTRY = 'registries/{registry}'

/** What the clients of a registry ask of it beside its assets: places for their bytes, and copies of other's assets. */
export const registryOperations: readonly ScopeOperation[] = [
  {
    method: 'PUT',
    path: `${REGISTRY}/tempdatarefs/{name}/versions/{version}`,
    scope: 'any',
    at: REGISTRY,
    right: 'registries/assets/write',
    async answer(deps, { resource, body, context: { origin } }) {
      return resource ? { body: await temporaryUpload(deps, resource, { body, origin }) } : {}
    },
  },
  // By the data plane's name and by ARM's.
  ...['datarefs', 'datareferences'].map(
    (word): ScopeOperation => ({
      method: 'POST',
      path: `${REGISTRY}/${word}/{name}/versions/{version}`,
      scope: 'any',
      at: REGISTRY,
      right: 'registries/assets/read',
      async answer(deps, { resource, body, context: { origin } }) {
        return resource ? { body: await readReference(deps, resource, { body, origin }) } : {}
      },
    }),
  ),
  {
    method: 'POST',
    path: `${REGISTRY}/import`,
    scope: 'any',
    at: REGISTRY,
    right: 'registries/assets/write',
    async answer(deps, { resource, body, context: { caller }, arm, allows }) {
      const wish = objectAt(body.properties)
      const source = await sourceAsset(deps, textAt(wish.sourceAssetId) ?? '')
      const action = `${source.type.replace(/\/registries\/.+/, '/registries/assets')}/read`
      if (!(await allows(action, source.id))) {
        const { objectId } = caller
        throw fault('AuthorizationFailed', { client: caller.appId ?? objectId, objectId, action, scope: source.id })
      }
      if (!resource) return {}
      await promoteAsset(deps, {
        source,
        registry: resource,
        name: textAt(wish.destinationName) || (source.id.split('/').at(-3) ?? ''),
        version: textAt(wish.destinationVersion) || source.name,
        put: (id, properties) => arm.put(id, properties, { caller }),
      })
      // Clients read the new version when there is nothing in the answer.
      return { status: 200, body: {} }
    },
  },
]

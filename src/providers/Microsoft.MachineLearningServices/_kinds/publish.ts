import type { ActionDeclaration } from '../../../arm/define-resource.ts'
import { findRegistry } from '../../../domain/registries/find-registry.ts'
import { promoteAsset } from '../../../domain/registries/promote-asset.ts'
import { REGISTRY_ASSETS } from '../../../domain/registries/registry-ids.ts'
import { fault } from '../../../faults.ts'
import { textAt } from '../../../json.ts'

/** `POST …/versions/{v}/publish`: the version with its bytes, into a registry. */
export const publish: ActionDeclaration<unknown> = {
  async answer(deps, { id, resource, body, arm, context: { caller }, allows }) {
    const registry = await findRegistry(deps.store.resources, textAt(body.registryName) ?? '')
    const action = `${REGISTRY_ASSETS}/write`
    if (!(await allows(action, registry.id))) {
      const { objectId } = caller
      throw fault('AuthorizationFailed', { client: caller.appId ?? objectId, objectId, action, scope: registry.id })
    }
    const name = textAt(body.destinationName) || (id.parent?.name ?? '')
    const version = textAt(body.destinationVersion) || id.name
    await promoteAsset(deps, {
      source: resource,
      registry,
      name,
      version,
      put: (at, wish) => arm.put(at, wish, { caller }),
    })
    return {}
  },
}

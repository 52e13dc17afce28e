import { randomUUID } from 'node:crypto'
import { fault } from '../../faults.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Deps } from '../deps.ts'
import { findModel, type ModelView, modelId, modelView, type ResourceWish } from './models.ts'
import { checkModelName } from './register-model.ts'

/**
 * Gives a registered model another name. The resource manager knows resources by their names alone: for it the model
 * and its versions are others from now on. Files, tags, aliases and who made them stay.
 *
 * @throws ModelNotFound, ModelExists, ParameterInvalid
 */
export async function renameModel(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  workspace: string,
  { name, newName, by }: { readonly name: string; readonly newName: string; readonly by: ResourceWish['by'] },
): Promise<ModelView> {
  checkModelName(newName)
  return await store.write(async (within) => {
    const { resource } = await findModel(within, workspace, name)
    if (await within.resources.get(modelId(workspace, newName))) throw fault('ModelExists', { model: newName })
    const [from, to] = [resource.id, modelId(workspace, newName)]
    const moved = (one: StoredResource): StoredResource => ({
      ...one,
      id: `${to}${one.id.slice(from.length)}`,
      etag: randomUUID(),
    })
    for (const child of await within.resources.below(from)) {
      await within.resources.put(moved(child))
      await within.resources.remove(child.id)
    }
    const system = {
      ...resource.system,
      lastModifiedBy: by.appId ?? by.objectId,
      lastModifiedByType: by.kind,
      lastModifiedAt: now().toISOString(),
    }
    const renamed = { ...moved(resource), name: newName, system }
    await within.resources.put(renamed)
    await within.resources.remove(from)
    return modelView(renamed)
  })
}

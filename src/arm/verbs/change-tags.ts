import { randomBytes } from 'node:crypto'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt } from '../../json.ts'
import type { ArmDeps } from '../arm-deps.ts'
import type { TagsAsked } from '../define-resource.ts'
import { getKept, putKept } from '../kept.ts'
import { demandStanding, surroundingsOf } from '../surroundings.ts'
import { checkTags, hasTags } from '../tags.ts'
import { absent, systemOf } from './write.ts'

/** One write that changes the tags of a resource: for who may tag it and may change nothing else of it. */
export function changeTags(arm: ArmDeps, { id, caller, change, apiVersion }: TagsAsked): Promise<JsonObject> {
  const { deps, registry, reconciler } = arm
  const type = registry.type(id.type)
  if (!type) throw fault('InvalidScope', { path: id.text })
  return arm.writes.run(id.key, async () => {
    const around = await surroundingsOf(arm, deps.store, { id, verb: 'write', path: type.path })
    demandStanding(around)
    const before = await getKept(deps.store, type, id)
    if (!before) throw absent(id, type)
    if (!hasTags(type, before.body)) throw fault('TagsNotSupported', { type: type.type })
    await arm.scopeLocks.demand(id, 'write')
    if (reconciler.activeOn(before.id) !== undefined) {
      throw fault('AnotherOperationInProgress', { id: before.id, state: before.provisioningState })
    }
    const asked = change(objectAt(before.body.tags))
    checkTags(asked)
    const wanted = { id, type, body: { ...before.body, tags: asked }, apiVersion }
    const wished = objectAt((await arm.policies.apply(wanted)).tags)
    return deps.store.write(async (within) => {
      const kept = await getKept(within, type, id)
      if (!kept) throw absent(id, type)
      await putKept(within, type, {
        ...kept,
        body: { ...kept.body, tags: wished },
        etag: randomBytes(12).toString('hex'),
        system: systemOf(kept, caller, deps.now()),
      })
      return wished
    })
  })
}

import type { ResourceId } from '../resource-id.ts'
import type { StoredResource } from '../store/resources.ts'
import { openSecret } from '../store/sealing.ts'
import type { ArmDeps } from './arm-deps.ts'
import type { RegisteredType } from './registry.ts'

interface Named {
  readonly id: ResourceId
  readonly type: RegisteredType
}

/** Removes a soft-deleted resource for good, with what was deleted with it. Nothing there is no error. */
export async function purgeTree(arm: ArmDeps, { id, type }: Named): Promise<void> {
  const { deps, registry } = arm
  const root = await deps.store.resources.peek(id.key, { deleted: true })
  if (!root) return
  const below: StoredResource[] = []
  for (const child of registry.providers.flatMap(({ types }) => types)) {
    if (!child.type.startsWith(`${type.type}/`)) continue
    const { items } = await deps.store.resources.ofType(root.id, child.type, { includeDeleted: true })
    below.push(...items.filter(({ deletedAt }) => deletedAt !== undefined))
  }
  const deepestFirst = below.sort((a, b) => b.id.split('/').length - a.id.split('/').length)
  await undo(arm, type, id, root)
  await deps.store.write(async (within) => {
    for (const row of [...deepestFirst, root]) await within.resources.remove(row.id)
  })
}

async function undo(
  { deps, inner }: ArmDeps,
  { declaration }: RegisteredType,
  id: ResourceId,
  resource: StoredResource,
): Promise<void> {
  for (let state = resource.state; declaration.remove; ) {
    const progress = await declaration.remove(deps, {
      id,
      wish: resource.body,
      state,
      resource: { ...resource, state },
      secret: (path) => openSecret(deps.sealing, resource, path),
      arm: inner,
      query: new URLSearchParams(),
    })
    if (progress.at === 'done') return
    if (progress.at === 'failed') throw progress.fault
    state = progress.state ?? state
    await new Promise((resolve) => setTimeout(resolve, progress.againAfterMs ?? 200))
  }
}

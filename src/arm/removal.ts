import type { Deps } from '../domain/deps.ts'
import { foldId, parseResourceId, type ResourceId } from '../resource-id.ts'
import type { StoredResource } from '../store/resources.ts'
import type { Page, Repositories } from '../store/store.ts'
import type { ApplyRequest } from './define-resource.ts'
import { markKept, peekKept, removeKept } from './kept.ts'
import type { Locks } from './locks.ts'
import type { RegisteredType, Registry } from './registry.ts'
import { removalWaves } from './removal-order.ts'

export interface Removal {
  readonly deps: Deps
  readonly registry: Registry
  readonly locks: Locks
  readonly signal: AbortSignal
  readonly applyRequest: (id: ResourceId, resource: StoredResource) => ApplyRequest<unknown>
}

/** Rows that nothing real stands behind go together, this many in one transaction. */
const BATCH = 500
const PAGE = 200

/**
 * Removes a resource with everything below it. It looks at what is there and may be called again after any crash.
 *
 * @returns false where it was told to stop before the end
 * @throws the fault that a `remove` ended with
 */
export async function removeTree(removal: Removal, rootId: string, query: URLSearchParams): Promise<boolean> {
  const { deps, registry } = removal
  const id = parseResourceId(rootId)
  const root = id && (await peekKept(deps.store, registry.type(id.type), id))
  if (!id || !root) return true
  const rows = [...(await deps.store.resources.below(rootId)), root]
  const soft = softRoots(registry, rows, root, query)
  for (const wave of removalWaves(registry, id, rows)) {
    const real = wave.filter((row) => needsWork(registry, row))
    const plain = wave.filter((row) => !real.includes(row))
    const outcomes = await Promise.all(
      real.map((row) => removeOne(removal, row, row.id === root.id ? query : new URLSearchParams(), soft)),
    )
    if (outcomes.includes(false)) return false
    for (let at = 0; at < plain.length; at += BATCH) await removeRows(removal, plain.slice(at, at + BATCH), soft)
  }
  return true
}

/** Folded ids of what stays recoverable; all below it stays with it, except what something real stands behind. */
function softRoots(
  registry: Registry,
  rows: readonly StoredResource[],
  root: StoredResource,
  query: URLSearchParams,
): ReadonlySet<string> {
  const found = rows.filter((row) => {
    const soft = registry.type(row.type)?.declaration.softDelete
    return (soft?.(row, row.id === root.id ? query : new URLSearchParams()).days ?? 0) > 0
  })
  return new Set(found.map((row) => foldId(row.id)))
}

const isSoft = (soft: ReadonlySet<string>, id: string): boolean =>
  [...soft].some((root) => foldId(id) === root || foldId(id).startsWith(`${root}/`))

function needsWork(registry: Registry, row: StoredResource): boolean {
  const type = registry.type(row.type)
  if (!type) return false
  return (
    type.declaration.remove !== undefined || registry.childrenOf(type).some(({ declaration }) => declaration.backing)
  )
}

/** One resource with what its type keeps elsewhere, until it is gone. */
async function removeOne(
  removal: Removal,
  row: StoredResource,
  query: URLSearchParams,
  soft: ReadonlySet<string>,
): Promise<boolean> {
  const id = parseResourceId(row.id)
  const type = removal.registry.type(row.type)
  if (!id || !type) return true
  const staysItself = soft.has(foldId(row.id))
  // What only a key that is away could tell of is ended with what it belongs to.
  if (!staysItself && !row.closed && !isSoft(soft, row.id) && !(await removeBacked(removal, type, id))) return false
  // A soft-deleted resource keeps what is its own until it is purged.
  if (!staysItself && !(await undo(removal, type, id, query))) return false
  await removeRows(removal, [row], staysItself ? soft : new Set())
  return true
}

/** Calls `remove` until done. @returns false where it was told to stop */
async function undo(
  { deps, locks, signal, applyRequest }: Removal,
  type: RegisteredType,
  id: ResourceId,
  query: URLSearchParams,
): Promise<boolean> {
  const remove = type.declaration.remove
  if (!remove) return true
  while (!signal.aborted) {
    const progress = await locks.run(id.key, async () => {
      const resource = await peekKept(deps.store, type, id)
      if (!resource) return undefined
      const made = await remove(deps, { ...applyRequest(id, resource), query })
      if (made.at === 'going-on' && made.state && !resource.closed) {
        const { state } = made
        await deps.store.write((within) => within.resources.put({ ...resource, state }))
      }
      return made
    })
    if (!progress || progress.at === 'done') return true
    if (progress.at === 'failed') throw progress.fault
    await new Promise((resolve) => setTimeout(resolve, progress.againAfterMs ?? 200))
  }
  return false
}

/** Children that are a face of something else are in no listing of rows: they are asked for by their types. */
async function removeBacked(removal: Removal, type: RegisteredType, id: ResourceId): Promise<boolean> {
  const { deps, registry } = removal
  for (const child of registry.childrenOf(type)) {
    const { backing } = child.declaration
    if (!backing || backing.goesAlong) continue
    let after: string | undefined
    do {
      const options = { limit: PAGE, ...(after !== undefined && { after }) }
      const page: Page<StoredResource> = await backing.list(deps.store, id, options, new URLSearchParams())
      for (const item of page.items) {
        const itemId = parseResourceId(item.id)
        if (!itemId) throw new Error(`'${item.id}' of '${child.type}' is no id`)
        if (!(await removeBacked(removal, child, itemId))) return false
        if (!(await undo(removal, child, itemId, new URLSearchParams()))) return false
        await deps.store.write((within) => backing.remove(within, itemId))
      }
      after = page.next
    } while (after !== undefined)
  }
  return true
}

async function removeRows(
  { deps, registry }: Removal,
  rows: readonly StoredResource[],
  soft: ReadonlySet<string>,
): Promise<void> {
  if (rows.length === 0) return
  const deletedAt = deps.now().toISOString()
  await deps.store.write(async (within: Repositories) => {
    for (const row of rows) {
      const id = parseResourceId(row.id)
      const kept = id && (await peekKept(within, registry.type(row.type), id))
      if (!kept) continue
      const change = { provisioningState: 'Succeeded', deletedAt } as const
      if (isSoft(soft, row.id)) await markKept(within, undefined, { resource: kept, ...change })
      else await removeKept(within, registry.type(row.type), id)
    }
  })
}

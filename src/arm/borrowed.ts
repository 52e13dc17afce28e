import type { ResourceId } from '../resource-id.ts'
import type { StoredResource } from '../store/resources.ts'
import type { ArmDeps } from './arm-deps.ts'
import { getKept } from './kept.ts'
import type { RegisteredType } from './registry.ts'

type With = Pick<ArmDeps, 'deps'>

/** A resource as its readers find it: the parent's own, or one that the parent borrows. */
export async function getSeen(arm: With, type: RegisteredType, id: ResourceId): Promise<StoredResource | undefined> {
  const own = await getKept(arm.deps.store, type, id)
  const { borrows } = type.declaration
  if (own || !borrows || !id.parent) return own
  const lender = await borrows.from(arm.deps, id.parent.text)
  const found = lender && (await arm.deps.store.resources.get(`${lender}${id.text.slice(id.parent.text.length)}`))
  return found && borrows.shows(found) ? found : undefined
}

/** What a parent borrows and has not itself, for the end of its listing. */
export async function borrowedBy(
  { deps }: With,
  { type, declaration }: RegisteredType,
  parent: ResourceId,
): Promise<readonly StoredResource[]> {
  const lender = await declaration.borrows?.from(deps, parent.text)
  if (lender === undefined) return []
  const { items: own } = await deps.store.resources.children(parent.text, type)
  const { items } = await deps.store.resources.children(lender, type)
  const names = new Set(own.map(({ name }) => name.toLowerCase()))
  return items.filter((item) => declaration.borrows?.shows(item) && !names.has(item.name.toLowerCase()))
}

import type { ResourceId } from '../resource-id.ts'
import type { StoredResource } from '../store/resources.ts'
import type { Page } from '../store/store.ts'
import type { ArmDeps } from './arm-deps.ts'
import type { ListQuery } from './define-resource.ts'
import { getKept } from './kept.ts'
import type { RegisteredType } from './registry.ts'

type With = Pick<ArmDeps, 'deps'>

/** A resource as its readers find it: the parent's own, or one that the parent borrows. */
export async function getSeen(arm: With, type: RegisteredType, id: ResourceId): Promise<StoredResource | undefined> {
  const own = await getKept(arm.deps.store, type, id)
  const { borrows, meant } = type.declaration
  const other = own ? undefined : await meant?.(arm.deps, id)
  if (own || other || !borrows || !id.parent) return own ?? other
  const lender = await borrows.from(arm.deps, id.parent.text)
  const found = lender && (await arm.deps.store.resources.get(`${lender}${id.text.slice(id.parent.text.length)}`))
  return found && borrows.shows(found) ? { ...found, id: borrows.asOwn ? id.text : found.id } : undefined
}

/** The token of a page within what is borrowed, which follows all that is the parent's own. */
const PLACE = /^borrowed (\d+)$/

export const isBorrowedPage = (after: string | undefined): boolean => PLACE.test(after ?? '')

interface BorrowedPage {
  readonly parent: ResourceId
  readonly asked: ListQuery
  readonly after: string | undefined
  readonly room: number
}

/** A page of what a parent borrows and has not itself. */
export async function borrowedBy(
  { deps }: With,
  { type, declaration }: RegisteredType,
  { parent, asked, after, room }: BorrowedPage,
): Promise<Page<StoredResource>> {
  const { borrows } = declaration
  const lender = borrows?.listed === false ? undefined : await borrows?.from(deps, parent.text)
  if (!borrows || lender === undefined) return { items: [] }
  const { resources } = deps.store
  const { items: own } = await resources.children(parent.text, type)
  const names = new Set(own.map(({ name }) => name.toLowerCase()))
  const options = asked.newestFirst ? { newestFirst: true } : {}
  const { items } = await resources.children(lender, borrows.type ?? type, options)
  const seen = items
    .filter((item) => borrows.shows(item) && !names.has(item.name.toLowerCase()) && (asked.keep?.(item) ?? true))
    .map((item) => (borrows.asOwn ? { ...item, id: `${parent.text}${item.id.slice(lender.length)}` } : item))
  const start = Number(PLACE.exec(after ?? '')?.[1] ?? 0)
  const end = start + room
  return { items: seen.slice(start, end), ...(end < seen.length && { next: `borrowed ${end}` }) }
}

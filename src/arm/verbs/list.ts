import type { JsonObject } from '../../json.ts'
import type { ResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Page } from '../../store/store.ts'
import type { Address } from '../address.ts'
import type { ArmDeps } from '../arm-deps.ts'
import { borrowedBy, getSeen, isBorrowedPage } from '../borrowed.ts'
import type { ListQuery } from '../define-resource.ts'
import { answer, present } from '../envelope.ts'
import { afterOf, nextLink, topOf } from '../paging.ts'
import type { RegisteredType } from '../registry.ts'
import { demandSubscription, surroundingsOf } from '../surroundings.ts'
import { type Exchange, readContext, warningOf } from './exchange.ts'

const PAGE = 100
const MOST = 1_000

/** GET of a collection: of a parent's children, or of a top-level type at its group or its subscription. */
export async function listResources(
  arm: ArmDeps,
  exchange: Exchange,
  { scope, type }: Address & { at: 'collection' },
): Promise<void> {
  const { query, caller, response, context, path } = exchange
  const { access, versions } = arm
  const version = versions.resolve(query.get('api-version'), type.provider, type.path)
  const { declaration } = type
  const asked = (await declaration.list?.(query, scope, arm.deps)) ?? {}
  const each = declaration.listsWhatMayBeRead ?? false
  const isOpen = declaration.openAtTenant && scope.key === ''
  if (!each && !isOpen) await access.demand(caller, `${type.right}/read`, scope.text)
  if (asked.below === undefined) await demandScope(arm, scope, type)

  const shows = async (id: string): Promise<boolean> =>
    (await access.allows(caller, `${type.right}/read`, id)) ||
    (each === 'fromBelow' && (await access.holdsWithin(caller, id)))

  const limit = Math.min(topOf(query) ?? asked.limit ?? PAGE, MOST)
  const after = afterOf(query)
  const kept: StoredResource[] = []
  let next: string | undefined = after
  while (!isBorrowedPage(after)) {
    const found: Page<StoredResource> = await page(arm, type, scope, query, {
      ...asked,
      limit: limit - kept.length,
      ...(next !== undefined && { after: next }),
    })
    for (const item of found.items) {
      if (asked.keep && !asked.keep(item)) continue
      if (each && !(await shows(item.id))) continue
      kept.push(item)
    }
    next = found.next
    if (next === undefined || kept.length >= limit) break
  }
  // What the parent borrows stands behind all that is its own.
  if (next === undefined || isBorrowedPage(next)) {
    const borrowed = await borrowedBy(arm, type, { parent: scope, asked, after, room: limit - kept.length })
    kept.push(...borrowed.items)
    next = borrowed.next
  }

  // Who may read nothing of it is told so; the tenant's list of subscriptions alone is empty then, as sign-ins expect.
  if (each && kept.length === 0 && after === undefined && scope.key !== '') {
    await access.demand(caller, `${type.right}/read`, scope.text)
  }

  const show = readContext(exchange, version)
  const value = await Promise.all(kept.map((resource) => present(arm, type, resource, show)))
  const body: JsonObject = {
    value,
    ...(next !== undefined && { nextLink: nextLink(`${context.origin.arm()}${path}`, query, next) }),
  }
  answer(response, context, { status: 200, body, headers: warningOf(version) })
}

async function page(
  { deps }: ArmDeps,
  type: RegisteredType,
  scope: ResourceId,
  query: URLSearchParams,
  { keep: _keep, below, ...options }: ListQuery,
): Promise<Page<StoredResource>> {
  const { store } = deps
  const { backing } = type.declaration
  if (backing) return backing.list(store, scope, options, query)
  if (below !== undefined) return store.resources.ofType(below, type.type, options)
  return isParent(type, scope)
    ? store.resources.children(scope.key, type.type, options)
    : store.resources.ofType(scope.key, type.type, options)
}

/** Whether the scope is where the type's resources stand, and not a scope further out that lists them all. */
function isParent(type: RegisteredType, scope: ResourceId): boolean {
  if (type.parent) return true
  if (type.at.includes('resource')) return false
  if (scope.type === 'Microsoft.Resources/resourceGroups') return true
  if (scope.type === 'Microsoft.Resources/subscriptions') return !type.at.includes('resourceGroup')
  return scope.key === '' && type.at.includes('tenant')
}

async function demandScope(arm: ArmDeps, scope: ResourceId, type: RegisteredType): Promise<void> {
  const { store } = arm.deps
  if (scope.key === '') return
  if (scope.type === 'Microsoft.Resources/subscriptions') {
    await demandSubscription(store, { ...scope, type: '' })
    return
  }
  const own = arm.registry.type(scope.type)
  if (own?.declaration.borrows && (await getSeen(arm, own, scope))) return
  // A look for the surroundings of a child that need not be there finds whether the scope is.
  await surroundingsOf(arm, store, {
    id: { ...scope, parent: scope, key: `${scope.key}/?`, type: '?' },
    verb: 'read',
    path: type.path,
  })
}

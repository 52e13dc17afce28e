import { fault } from '../../faults.ts'
import type { DirectoryCaller, DirectoryDeps } from './directory-deps.ts'
import { type DirectoryObject, findObject } from './directory-object.ts'
import { demandChange } from './directory-rights.ts'
import { demandObject, idOfAddress } from './objects.ts'

/** The manager of a user; undefined where none was set. */
export async function managerOf(
  { store }: Pick<DirectoryDeps, 'store'>,
  user: string,
): Promise<DirectoryObject | undefined> {
  const [link] = await store.directory.linksFrom(user, 'manager')
  return link && findObject(store, link.target)
}

/** The ids of those whose manager somebody is. */
export const reportsOf = async ({ store }: Pick<DirectoryDeps, 'store'>, manager: string): Promise<readonly string[]> =>
  (await store.directory.linksTo(manager, 'manager')).map(({ source }) => source)

/**
 * Sets a user's manager, in the place of the one before; without a manager takes that away.
 *
 * @throws GraphAccessDenied, GraphBadRequest, GraphResourceNotFound
 */
export async function setManager(
  deps: DirectoryDeps,
  { caller, user, manager }: { caller: DirectoryCaller; user: string; manager: string | undefined },
): Promise<void> {
  const object = await demandObject(deps, user, 'user')
  await demandChange(deps, caller, object)
  const next = manager === undefined ? undefined : await demandObject(deps, idOfAddress(manager), 'user')
  if (next?.id === object.id) throw fault('GraphBadRequest', { reason: 'Nobody is their own manager' })
  await deps.store.write(async ({ directory }) => {
    const before = await directory.linksFrom(object.id, 'manager')
    if (!next && before.length === 0) throw fault('GraphResourceNotFound', { id: 'manager' })
    for (const link of before) await directory.removeLink(link)
    if (!next) return
    const createdAt = deps.now().toISOString()
    await directory.putLink({ source: object.id, relation: 'manager', target: next.id, detail: '', createdAt })
  })
}

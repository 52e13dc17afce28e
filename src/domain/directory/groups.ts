import type { Repositories } from '../../store/store.ts'

/** The groups that an object is in, at any depth, nearest first. A ring of groups ends by itself. */
export async function groupsOf({ directory }: Pick<Repositories, 'directory'>, id: string): Promise<readonly string[]> {
  const found = new Set<string>()
  let edge: readonly string[] = [id]
  while (edge.length > 0) {
    const above = await Promise.all(edge.map((one) => directory.linksTo(one, 'members')))
    edge = above.flat().flatMap(({ source }) => (found.has(source) ? [] : [source]))
    for (const one of edge) found.add(one)
  }
  found.delete(id)
  return [...found]
}

/** What is in a group, at any depth. */
export async function membersOf(
  { directory }: Pick<Repositories, 'directory'>,
  id: string,
): Promise<readonly string[]> {
  const found = new Set<string>()
  let edge: readonly string[] = [id]
  while (edge.length > 0) {
    const below = await Promise.all(edge.map((one) => directory.linksFrom(one, 'members')))
    edge = below.flat().flatMap(({ target }) => (found.has(target) ? [] : [target]))
    for (const one of edge) found.add(one)
  }
  found.delete(id)
  return [...found]
}

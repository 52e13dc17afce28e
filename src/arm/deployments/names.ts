import type { PlannedResource } from './plan.ts'

/** The resources of a template by all that its texts may call them. */
export interface Names {
  /** By symbolic name, id, name, or type and name; a loop's copies by the loop's name too where `loops` is set. */
  named(text: string, loops?: boolean): readonly PlannedResource[]
  /** The copies of a loop, by its own name or its symbolic one. */
  copiesOf(loop: string): readonly PlannedResource[]
}

/** An index: a template of 800 resources looks up thousands of names. */
export function namesOf(resources: readonly PlannedResource[]): Names {
  const own = new Map<string, PlannedResource[]>()
  const loops = new Map<string, PlannedResource[]>()
  const add = (index: Map<string, PlannedResource[]>, name: string | undefined, one: PlannedResource): void => {
    if (name === undefined) return
    const key = folded(name)
    const under = index.get(key)
    if (!under) index.set(key, [one])
    else if (!under.includes(one)) under.push(one)
  }
  // Symbolic names first: where another resource's name is the same text, they are what is meant.
  for (const one of resources) add(own, one.symbol, one)
  for (const one of resources) {
    const { key, id, type, name, loop, symbol } = one
    for (const text of [key, name, id.key, `${type}/${name}`, ...belowProviders(id.key)]) add(own, text, one)
    if (loop === undefined) continue
    add(loops, loop, one)
    add(loops, symbol, one)
  }
  return {
    named(text, withLoops = false) {
      const found = own.get(folded(text)) ?? []
      return withLoops ? [...new Set([...found, ...(loops.get(folded(text)) ?? [])])] : found
    },
    copiesOf: (loop) => loops.get(folded(loop)) ?? [],
  }
}

/** Folded; a group also as `subscriptionResourceId` writes it, which is no id of Azure's and what Bicep depends on. */
const folded = (text: string): string =>
  text
    .toLowerCase()
    .replace(/^\/+/, '')
    .replace(/^(subscriptions\/[^/]+)\/providers\/microsoft\.resources(\/resourcegroups\/[^/]+)$/, '$1$2')

/** What stands behind each `/providers/` of an id: templates name resources so. */
function belowProviders(key: string): readonly string[] {
  return key
    .split('/providers/')
    .slice(1)
    .map((_, at, parts) => parts.slice(at).join('/providers/'))
}

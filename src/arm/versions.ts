import { fault } from '../faults.ts'
import type { Facts } from './facts/facts.ts'
import { regions } from './regions.ts'
import type { RegisteredProvider, RegisteredType } from './registry.ts'

/** An asked version, and the facts that stand for it. */
export interface ResolvedVersion {
  readonly asked: string
  /** The version whose facts check the body; undefined for a type without any. */
  readonly facts: string | undefined
  /** True where the facts are those of exactly the asked version. */
  readonly exact: boolean
  /** Set where the version is later than all that are known. */
  readonly warning?: string
}

export interface Versions {
  /**
   * @throws MissingApiVersionParameter, InvalidApiVersionParameter, NoRegisteredProviderFound
   */
  resolve(asked: string | null, provider: RegisteredProvider, path: string): ResolvedVersion
  /** The version whose facts stand for an asked one; refuses nothing, since an answer may be of another type than was asked. */
  factsAt(asked: string, provider: RegisteredProvider, path: string): string | undefined
  /** The versions of a type, ascending. */
  supported(provider: RegisteredProvider, path: string): readonly string[]
  /** The newest with facts, else the newest known: what inner calls use. */
  newest(type: RegisteredType): string
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})(-[a-z]+)?$/
const KEPT = 2_048

/** Decides over api-versions; the rules stand in DESIGN's version table. */
export function apiVersions(facts: Facts): Versions {
  const resolved = new Map<string, ResolvedVersion>()
  const lists = new Map<string, readonly string[]>()

  function supported(provider: RegisteredProvider, path: string): readonly string[] {
    const key = `${provider.namespace}/${path}`
    const kept = lists.get(key)
    if (kept) return kept
    const withFacts = facts.versionsOf(provider.namespace)
    const all = [...new Set([...provider.knownVersions, ...withFacts])].sort(compareVersions)
    const first = facts.versionsOfType(provider.namespace, path)[0]
    // The type came after the version before its first: what lies further back never had it.
    const before = first === undefined ? undefined : withFacts[withFacts.indexOf(first) - 1]
    const list = before === undefined ? all : all.filter((version) => compareVersions(version, before) > 0)
    lists.set(key, list)
    return list
  }

  function decide(asked: string, provider: RegisteredProvider, path: string): ResolvedVersion {
    const list = supported(provider, path)
    const withFacts = facts.versionsOfType(provider.namespace, path)
    const type = `${provider.namespace}/${path}`
    if (!isDate(asked)) throw fault('InvalidApiVersionParameter', { version: asked, versions: described(list) })
    if (withFacts.includes(asked)) return { asked, facts: asked, exact: true }
    const served = provider.servedAs?.[asked]
    if (served !== undefined) return { asked, facts: withFacts.includes(served) ? served : withFacts[0], exact: false }
    if (list.includes(asked)) {
      const older = withFacts.findLast((version) => compareVersions(version, asked) < 0)
      return { asked, facts: older ?? withFacts[0], exact: false }
    }
    const newest = list.at(-1)
    if (newest === undefined || asked.slice(0, 10) > newest.slice(0, 10)) {
      return {
        asked,
        facts: withFacts.at(-1),
        exact: false,
        warning: `299 - "The api-version '${asked}' of '${type}' is later than all that are known here; '${withFacts.at(-1) ?? newest ?? 'none'}' was used in its place."`,
      }
    }
    throw fault('NoRegisteredProviderFound', {
      location: 'global',
      version: asked,
      type,
      versions: list.join(', '),
      locations: regions.map(({ name }) => name).join(', '),
    })
  }

  return {
    supported,
    factsAt(asked, { namespace }, path) {
      const withFacts = facts.versionsOfType(namespace, path)
      return withFacts.findLast((version) => compareVersions(version, asked) <= 0) ?? withFacts[0]
    },
    newest: ({ provider, path }) =>
      facts.versionsOfType(provider.namespace, path).at(-1) ?? supported(provider, path).at(-1) ?? '2022-05-01',
    resolve(asked, provider, path) {
      if (asked === null || asked === '') {
        throw fault('MissingApiVersionParameter', { versions: `'${described(supported(provider, path))}'` })
      }
      const key = `${provider.namespace}/${path}?${asked}`
      const kept = resolved.get(key)
      if (kept) return kept
      const decided = decide(asked.toLowerCase(), provider, path)
      if (resolved.size >= KEPT) resolved.clear()
      resolved.set(key, decided)
      return decided
    },
  }
}

/** Newest first, as Azure lists them in its errors. */
const described = (versions: readonly string[]): string => versions.toReversed().join(',')

function isDate(text: string): boolean {
  const [, year, month, day] = DATE.exec(text) ?? []
  if (!year || !month || !day) return false
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(`${year}-${month}-${day}`)
}

/** By date; of one date a preview comes before the stable version. */
export function compareVersions(a: string, b: string): number {
  const byDate = a.slice(0, 10).localeCompare(b.slice(0, 10))
  if (byDate !== 0) return byDate
  if (a === b) return 0
  return a.length > b.length ? -1 : 1
}

import { compareVersions } from './python-version.ts'

/** A line of a requirements file that names a package. */
interface Requirement {
  /** As the index compares names. */
  readonly name: string
  readonly clauses: readonly (readonly [operator: string, version: string])[]
}

const normal = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '-')

/** Reads `name[extra]>=1,<2 ; marker`; undefined for options, paths and URLs. */
export function readRequirement(line: string): Requirement | undefined {
  const match = line.match(/^([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*([^;#@]*)(?:[;#].*)?$/)
  const [, name, specifiers = ''] = match ?? []
  if (!name) return undefined
  const clauses = specifiers
    .replace(/[()]/g, '')
    .split(',')
    .flatMap((part): readonly (readonly [string, string])[] => {
      const clause = part.trim().match(/^(===|==|~=|!=|<=|>=|<|>)\s*([\w.*+!-]+)$/)
      return clause ? [[clause[1] ?? '', clause[2] ?? '']] : []
    })
  return { name: normal(name), clauses }
}

export const mentions = (lines: readonly string[], name: string): boolean =>
  lines.some((line) => readRequirement(line)?.name === normal(name))

/** Whether some line keeps a package below a version; without one, whether any line bounds it from above. */
export function boundedBelow(lines: readonly string[], name: string, version?: string): boolean {
  return lines.some((line) => {
    const requirement = readRequirement(line)
    if (requirement?.name !== normal(name)) return false
    return requirement.clauses.some(([operator, wanted]) => {
      const highest = upperBound(operator, wanted)
      if (highest === undefined) return false
      return version === undefined || below(highest, version)
    })
  })
}

/** Whether some line pins the package of a constraint, or asks for a version that the constraint keeps out. */
export function decides(lines: readonly string[], constraint: string): boolean {
  const bound = readRequirement(constraint)
  const [, limit = ''] = bound?.clauses[0] ?? []
  return lines.some((line) => {
    const requirement = readRequirement(line)
    if (!bound || requirement?.name !== bound.name) return false
    return requirement.clauses.some(
      ([operator, version]) =>
        /^(={2,3}|~=)$/.test(operator) || (/^>=?$/.test(operator) && compareVersions(version, limit) >= 0),
    )
  })
}

/** The greatest version that a clause admits, and whether that one itself is admitted. */
function upperBound(
  operator: string,
  wanted: string,
): { readonly version: string; readonly itself: boolean } | undefined {
  const plain = wanted.replace(/\.\*$/, '')
  if (operator === '<') return { version: plain, itself: false }
  if (operator === '<=' || operator === '===') return { version: plain, itself: true }
  if (operator === '==') return wanted.endsWith('.*') ? next(plain) : { version: plain, itself: true }
  if (operator === '~=') return next(plain.split('.').slice(0, -1).join('.'))
  return undefined
}

/** The first version that no longer begins like this one: `1.2` → `1.3`. */
function next(version: string): { readonly version: string; readonly itself: boolean } {
  const parts = version.split('.')
  const last = Number.parseInt(parts.pop() ?? '0', 10)
  return { version: [...parts, last + 1].join('.'), itself: false }
}

const below = (bound: { readonly version: string; readonly itself: boolean }, version: string): boolean => {
  const order = compareVersions(bound.version, version)
  return bound.itself ? order < 0 : order <= 0
}

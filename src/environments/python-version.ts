/** Which Python an environment asks for. */
export interface PythonRequest {
  /** As it was written, for messages; empty where none is asked for. */
  readonly text: string
  /** `[operator, version]`, all of which must hold. */
  readonly clauses: readonly (readonly [string, string])[]
  /** Asked for down to the micro version: another one of the same minor version will do, and is told. */
  readonly exact?: string
  /** A version near the wish, for substitution. */
  readonly near: string
}

/** No wish: any Python that today's packages still support. */
export const anyPython: PythonRequest = { text: '', clauses: [['>=', '3.8']], near: '3.10' }

/** Reads conda's forms: `python=3.8`, `python==3.8.13`, `python=3.8.13=build`, `python>=3.8,<3.11`, `python 3.9.*`. */
export function pythonRequest(text: string): PythonRequest {
  const spec = text.replace(/^python\s*/i, '').trim()
  if (spec === '' || spec === '*') return anyPython
  const clauses = spec.split(',').map((part): readonly [string, string] => {
    const match = part.trim().match(/^(==|>=|<=|!=|~=|=|>|<)?\s*(\d+(?:\.\d+)*)(?:\.\*)?(?:[=\s].*)?$/)
    const version = match?.[2] ?? ''
    const operator = match?.[1] ?? '='
    if (operator === '=' || operator === '==') return ['=', version.split('.').slice(0, 2).join('.')]
    return [operator, version]
  })
  const exact = spec.match(/^={0,2}\s*(\d+\.\d+\.\d+)/)?.[1]
  const near = clauses.find(([operator]) => operator !== '<' && operator !== '!=')?.[1] ?? '3.10'
  return { text: `python${/^[\d]/.test(spec) ? '=' : ''}${spec}`, clauses, near, ...(exact ? { exact } : {}) }
}

/** Whether a version does. */
export const satisfies = (request: PythonRequest, version: string): boolean =>
  request.clauses.every(([operator, wanted]) => holds(operator, version, wanted))

function holds(operator: string, version: string, wanted: string): boolean {
  const order = compareVersions(version, wanted)
  const begins = `${version}.`.startsWith(`${wanted}.`)
  switch (operator) {
    case '=':
      return wanted !== '' && begins
    case '>=':
      return order >= 0
    case '<=':
      return order <= 0 || begins
    case '>':
      return order > 0 && !begins
    case '<':
      return order < 0
    case '!=':
      return !begins
    case '~=':
      return order >= 0 && `${version}.`.startsWith(`${wanted.split('.').slice(0, -1).join('.')}.`)
    default:
      return false
  }
}

/** Orders versions number by number; what is no number counts as none. */
export function compareVersions(one: string, other: string): number {
  const [left, right] = [one, other].map((text) => text.split('.').map((part) => Number.parseInt(part, 10) || 0))
  for (let index = 0; index < Math.max(left?.length ?? 0, right?.length ?? 0); index += 1) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0)
    if (difference !== 0) return Math.sign(difference)
  }
  return 0
}

import { fault } from '../faults.ts'

/** A comparison of a tag with a text, as `x-ms-if-tags` and Find Blobs by Tags write it: `"tag" >= 'text'`. */
export interface TagComparison {
  /** `@container` for the container's name. */
  readonly key: string
  readonly operator: '=' | '<>' | '>' | '>=' | '<' | '<='
  readonly value: string
}

/** Alternatives of which one must hold, each of comparisons that all must hold. */
export type TagExpression = readonly (readonly TagComparison[])[]

/** A comparison, and the word that joins it to the next. */
const COMPARISON = /^\s*("[^"]*"|@?[A-Za-z0-9_+.:/-]+)\s*(<>|>=|<=|=|>|<)\s*('(?:[^']|'')*')\s*(?:(AND|OR)\s+(?=\S)|$)/i

/**
 * Understands `"a" = 'b' AND c >= 'd' OR …`; AND binds before OR.
 *
 * Source: learn.microsoft.com, "Manage and find Azure Blob data with blob index tags".
 *
 * @throws InvalidQueryParameterValue where the text is no such expression, or `refuse`'s fault
 */
export function parseTags(text: string, refuse = () => fault('InvalidQueryParameterValue')): TagExpression {
  const alternatives: TagComparison[][] = [[]]
  for (let rest = text; ; ) {
    const [whole, key = '', operator, value = '', word] = COMPARISON.exec(rest) ?? []
    if (whole === undefined || !isOperator(operator)) throw refuse()
    const name = key.replace(/^"(.*)"$/, '$1')
    alternatives.at(-1)?.push({ key: name, operator, value: value.slice(1, -1).replaceAll("''", "'") })
    if (word === undefined) return alternatives
    if (word.toUpperCase() === 'OR') alternatives.push([])
    rest = rest.slice(whole.length)
  }
}

const isOperator = (text: string | undefined): text is TagComparison['operator'] =>
  text !== undefined && ['=', '<>', '>', '>=', '<', '<='].includes(text)

/** Whether tags fulfil an expression. A tag that is not there fulfils nothing but `<>`. */
export const tagsMatch = (tags: Readonly<Record<string, string>> = {}, expression: TagExpression): boolean =>
  expression.some((all) => all.every((one) => holds(tags[one.key], one)))

function holds(held: string | undefined, { operator, value }: TagComparison): boolean {
  if (operator === '<>') return held !== value
  if (held === undefined) return false
  const order = Buffer.compare(Buffer.from(held), Buffer.from(value))
  return { '=': order === 0, '>': order > 0, '>=': order >= 0, '<': order < 0, '<=': order <= 0 }[operator]
}

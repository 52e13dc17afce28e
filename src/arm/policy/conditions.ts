import { type Json, type JsonObject, plainText } from '../../json.ts'
import type { Scope } from '../deployments/expressions/scope.ts'
import { aliasPath, bodyPath, type Found, fieldOf, isField, type Subject, valuesAlong } from './fields.ts'
import { operators } from './operators.ts'
import { resolveIn } from './resolve.ts'
import { type Condition, type Operand, wrongRule } from './rule.ts'

/** What a rule is evaluated over. */
export interface Evaluation {
  readonly subject: Subject
  readonly scope: Scope
  /** Items of the lists that are being counted, by the folded field or name that is counted. */
  readonly current: Readonly<Record<string, Json>>
  /** The conditions that were looked at, as a refusal shows them. */
  readonly seen: JsonObject[]
}

/** Whether a condition holds. @throws InvalidExpression */
export async function holds(condition: Condition, evaluation: Evaluation): Promise<boolean> {
  switch (condition.is) {
    case 'all':
      for (const one of condition.of) if (!(await holds(one, evaluation))) return false
      return true
    case 'any':
      for (const one of condition.of) if (await holds(one, evaluation)) return true
      return false
    case 'not':
      return !(await holds(condition.of, evaluation))
    case 'test':
      return tested(condition, evaluation)
  }
}

async function tested(test: Condition & { is: 'test' }, evaluation: Evaluation): Promise<boolean> {
  const asked = await resolved(test.says, evaluation)
  const says = 'field' in test.on && /^location$/i.test(test.on.field) ? asLocation(asked) : asked
  const { found, kind, expression } = await operandOf(test.on, evaluation)
  const operator = operators[test.operator]
  // A list's condition is one over all of its items.
  const result = operator
    ? 'each' in found
      ? found.each.every((one) => operator(one, says))
      : operator(found.one, says)
    : false
  evaluation.seen.push({
    result: result ? 'True' : 'False',
    expressionKind: kind,
    expression,
    path: expression,
    ...('one' in found
      ? { expressionValue: found.one ?? null }
      : { expressionValue: found.each.map((one) => one ?? null) }),
    targetValue: says,
    operator: `${test.operator[0]?.toUpperCase()}${test.operator.slice(1)}`,
  })
  return result
}

/** `East US` is `eastus`, as it is in a resource's body. */
const asLocation = (value: Json): Json =>
  typeof value === 'string'
    ? value.replaceAll(' ', '')
    : Array.isArray(value)
      ? value.map((one: Json) => asLocation(one))
      : value

interface Operated {
  readonly found: Found
  readonly kind: 'Field' | 'Value' | 'Count'
  readonly expression: string
}

async function operandOf(on: Operand, evaluation: Evaluation): Promise<Operated> {
  if ('field' in on) {
    const field = plainText(await resolved(on.field, evaluation))
    // What an expression makes must be a field too, or its condition would hold for nothing or all.
    if (!isField(field)) throw wrongRule(`the field '${field}' is not known`)
    return { found: fieldNow(evaluation, field), kind: 'Field', expression: field }
  }
  if ('value' in on) {
    const expression = typeof on.value === 'string' ? on.value : JSON.stringify(on.value)
    return { found: { one: await resolved(on.value, evaluation) }, kind: 'Value', expression }
  }
  if (on.count === 'value') {
    const of = await resolved(on.of, evaluation)
    const items: readonly Json[] = Array.isArray(of) ? of : []
    return { found: { one: await counted(items, on.name, on.where, evaluation) }, kind: 'Count', expression: on.name }
  }
  const found = fieldNow(evaluation, on.of)
  const items = 'each' in found ? found.each.map((one) => one ?? null) : []
  return { found: { one: await counted(items, on.of, on.where, evaluation) }, kind: 'Count', expression: on.of }
}

async function counted(
  items: readonly Json[],
  name: string,
  where: Condition | undefined,
  evaluation: Evaluation,
): Promise<number> {
  if (!where) return items.length
  let count = 0
  for (const item of items) {
    // The innermost is also what `current()` without a name means.
    const current = { ...evaluation.current, [name.toLowerCase()]: item, '': item }
    const inner: Evaluation = { ...evaluation, current }
    if (await holds(where, { ...inner, scope: withCurrent(evaluation.scope, inner) })) count++
  }
  return count
}

/** A field, where a list that is being counted gives the item at hand in place of all. */
export function fieldNow({ subject, current }: Evaluation, field: string): Found {
  const folded = field.toLowerCase()
  const bound = Object.keys(current)
    .filter(
      (name) => name !== '' && (folded === name || folded.startsWith(`${name}.`) || folded.startsWith(`${name}[`)),
    )
    .toSorted((a, b) => b.length - a.length)[0]
  if (bound === undefined) return fieldOf(subject, field)
  return valuesAlong(
    current[bound],
    field
      .slice(bound.length)
      .replace(/^\./, '')
      .split(/\.|(?=\[\*\])/)
      .filter(Boolean),
  )
}

const resolved = (value: Json, { scope }: Evaluation): Promise<Json> => resolveIn(value, scope)

/** The same scope, whose `current` and `field` know the item at hand. */
export function withCurrent(scope: Scope, evaluation: Evaluation): Scope {
  return {
    ...scope,
    userFunction(name) {
      const folded = name.toLowerCase()
      if (folded === 'current') {
        return { call: async ([of]) => single(fieldNow(evaluation, typeof of === 'string' ? of : ''), evaluation, of) }
      }
      if (folded === 'field') return { call: async ([of]) => plain(fieldNow(evaluation, plainText(of ?? ''))) }
      return scope.userFunction(name)
    },
  }
}

const plain = (found: Found): Json => ('each' in found ? found.each.map((one) => one ?? null) : (found.one ?? null))

function single(found: Found, { current }: Evaluation, name: Json | undefined): Json {
  if (name === undefined) return current[''] ?? null
  const bound = current[plainText(name).toLowerCase()]
  return bound === undefined ? plain(found) : bound
}

/**
 * Whether a rule can concern a resource of this type, name and kind at all: what else it asks may be either way.
 * False where it never does, so that such a resource is neither compliant nor not.
 */
export async function concerns(condition: Condition, evaluation: Evaluation): Promise<boolean> {
  return (await maybe(condition, evaluation)) !== false
}

async function maybe(condition: Condition, evaluation: Evaluation): Promise<boolean | undefined> {
  if (condition.is === 'test') {
    const isOwn = 'field' in condition.on && /^(type|name|kind)$/i.test(condition.on.field)
    return isOwn ? tested(condition, evaluation) : undefined
  }
  if (condition.is === 'not') {
    const inner = await maybe(condition.of, evaluation)
    return inner === undefined ? undefined : !inner
  }
  const all: (boolean | undefined)[] = []
  for (const one of condition.of) all.push(await maybe(one, evaluation))
  const decides = condition.is === 'any'
  if (all.includes(decides)) return decides
  return all.includes(undefined) ? undefined : !decides
}

/** Where a field's value stands in a body, for effects that change it; undefined for an alias of another type. */
export function pathOfField(subject: Subject, field: string): readonly string[] | undefined {
  if (/^(location|tags)$/i.test(field)) return [field.toLowerCase()]
  if (/^identity\.type$/i.test(field)) return ['identity', 'type']
  const path = aliasPath(subject.type, field)
  return path && bodyPath(subject.body, path)
}

/**
 * Bodies that break exactly one rule of the facts each: a required field left out, a value of another type, a word that
 * the enum does not have, a value past a limit. Imports nothing of `src`.
 */
import { type Field, fieldsOf, kindsOf, type Rule, type TypeFacts, wordsOf } from './facts.ts'

export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value }
export interface Mapping {
  readonly [key: string]: Value
}

export interface Mutation {
  readonly rule: 'required' | 'type' | 'enum' | 'limit'
  /** The field: dotted, as the wire has it. */
  readonly at: string
  readonly body: Mapping
}

/** Written by the service, or by the path, whatever the body says. */
const ENVELOPE = new Set(['id', 'name', 'type', 'systemData', 'location'])
/** How many models may lie inside each other where the body has none of them. */
const DEPTH = 4

export const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Every body that breaks one rule of the model, made out of one that breaks none. */
export function mutationsOf(facts: TypeFacts, model: string, body: Mapping): readonly Mutation[] {
  const found: Mutation[] = []
  /** What a body is with this value at the place that is being walked; undefined leaves the field out. */
  type Put = (value: Value | undefined) => Mapping

  const inModel = (name: string, value: Value | undefined, at: string, put: Put, open: readonly string[]): void => {
    if (open.includes(name) || (value === undefined && open.length >= DEPTH)) return
    const here = isMapping(value) ? value : {}
    const kinds = kindsOf(facts, name)
    if (!kinds) {
      inFields(fieldsOf(facts, name), here, at, put, [...open, name])
      return
    }
    found.push({ rule: 'enum', at: join(at, kinds.property), body: put({ ...here, [kinds.property]: 'NoSuchWord' }) })
    found.push({
      rule: 'type',
      at: join(at, kinds.property),
      body: put({ ...here, [kinds.property]: { toString: 'an object' } }),
    })
    const own = here[kinds.property]
    const chosen = [...kinds.models].filter(([word]) => own === undefined || word === own)
    for (const [word, kind] of chosen) {
      const inside = new Map([...fieldsOf(facts, kind)].filter(([key]) => key !== kinds.property))
      inFields(inside, { ...here, [kinds.property]: word }, at, put, [...open, name, kind])
    }
  }

  const inFields = (
    fields: ReadonlyMap<string, Field>,
    value: Mapping,
    at: string,
    put: Put,
    open: readonly string[],
  ): void => {
    for (const [key, field] of fields) {
      if (at === '' && ENVELOPE.has(key)) continue
      const place = join(at, key)
      const set: Put = (inner) => {
        const { [key]: _left, ...rest } = value
        return put(inner === undefined ? rest : { ...rest, [key]: inner })
      }
      if ('fields' in field) {
        if ([...field.fields.values()].every((one) => 'rule' in one && one.rule.readonly === true)) continue
        const inner = value[key]
        inFields(field.fields, isMapping(inner) ? inner : {}, place, set, open)
        continue
      }
      if (field.rule.readonly) continue
      if (field.rule.required) found.push({ rule: 'required', at: place, body: set(undefined) })
      inRule(field.rule, value[key], place, set, open)
    }
  }

  const inRule = (rule: Rule, value: Value | undefined, at: string, put: Put, open: readonly string[]): void => {
    const wrong = wrongType(facts, rule)
    if (wrong !== undefined) found.push({ rule: 'type', at, body: put(wrong) })
    const words = wordsOf(facts, rule)
    if (words?.length) found.push({ rule: 'enum', at, body: put('NoSuchWord') })
    else for (const past of pastLimits(rule)) found.push({ rule: 'limit', at, body: put(past) })
    if (rule.ref !== undefined) inModel(rule.ref, value, at, put, open)
    if (rule.items) {
      const list = Array.isArray(value) ? (value as readonly Value[]) : []
      inRule(rule.items, list[0], `${at}[0]`, (item) => put(item === undefined ? [] : [item, ...list.slice(1)]), open)
    }
    if (rule.values) {
      const [key = 'k'] = isMapping(value) ? Object.keys(value) : []
      const rest = isMapping(value) ? value : {}
      inRule(
        rule.values,
        rest[key],
        join(at, key),
        (one) => put(one === undefined ? rest : { ...rest, [key]: one }),
        open,
      )
    }
  }

  inModel(model, body, '', (value) => (isMapping(value) ? value : {}), [])
  return found
}

const join = (at: string, key: string): string => (at === '' ? key : `${at}.${key}`)

/** A value that no reading takes for the rule's type; undefined where every value is one. */
function wrongType(facts: TypeFacts, rule: Rule): Value | undefined {
  if (rule.ref !== undefined) return facts.models.has(rule.ref) ? 'text' : undefined
  if (rule.anyOf) return undefined
  switch (rule.type) {
    case 'string':
      // A text made of it carelessly would be an error of the server.
      return { toString: 'an object' }
    case 'boolean':
      return 'perhaps'
    case 'integer':
      return 1.5
    case 'number':
      return 'many'
    case 'array':
      return 'text'
    case 'object':
      return ['a', 'list']
    default:
      return undefined
  }
}

function pastLimits({ type, minimum, maximum, minLength, maxLength, pattern }: Rule): readonly Value[] {
  if (type === 'integer' || type === 'number') {
    return [...(minimum === undefined ? [] : [minimum - 1]), ...(maximum === undefined ? [] : [maximum + 1])]
  }
  if (type !== 'string') return []
  // Of texts that a pattern may refuse, one that it does refuse.
  const odd = pattern === undefined ? undefined : ['', '-', '%%', ' '].find((text) => !new RegExp(pattern).test(text))
  return [
    ...(minLength === undefined || minLength === 0 ? [] : ['a'.repeat(minLength - 1)]),
    ...(maxLength === undefined ? [] : ['a'.repeat(maxLength + 1)]),
    ...(odd === undefined ? [] : [odd]),
  ]
}

/** The body with what the model requires and it lacks: so that a body of one version is a whole one of another. */
export function completed(facts: TypeFacts, model: string, body: Mapping): Mapping {
  return inModel(model, body, [])

  function inModel(name: string, value: Mapping, open: readonly string[]): Mapping {
    if (open.includes(name)) return value
    const kinds = kindsOf(facts, name)
    const first = kinds?.models.has('None') ? 'None' : kinds?.models.keys().next().value
    const given = kinds && value[kinds.property]
    const known = kinds && typeof given === 'string' ? spelled([...kinds.models.keys()], given) : undefined
    const word = known ?? first
    const kind = (word !== undefined && kinds?.models.get(word)) || name
    const fields = fieldsOf(facts, kind)
    // A kind that a later version brought gives its place to one that this version has, and takes its own fields along.
    const own = given === undefined || known !== undefined
    const kept = own ? value : Object.fromEntries(Object.entries(value).filter(([key]) => fields.has(key)))
    const named = kinds && word !== undefined ? { ...kept, [kinds.property]: word } : kept
    return inFields(fields, named, [...open, name])
  }

  function inFields(fields: ReadonlyMap<string, Field>, value: Mapping, open: readonly string[]): Mapping {
    const whole: Record<string, Value> = { ...value }
    for (const [key, field] of fields) {
      if (open.length === 1 && ENVELOPE.has(key)) continue
      const inner = value[key]
      if ('fields' in field) {
        const made = inFields(field.fields, isMapping(inner) ? inner : {}, [...open, ''])
        if (Object.keys(made).length > 0) whole[key] = made
      } else if (!field.rule.readonly && (inner !== undefined || field.rule.required)) {
        whole[key] = inRule(field.rule, inner, open)
      }
    }
    return whole
  }

  function inRule(rule: Rule, value: Value | undefined, open: readonly string[]): Value {
    if (rule.ref !== undefined && (value === undefined || isMapping(value))) return inModel(rule.ref, value ?? {}, open)
    const words = wordsOf(facts, rule) ?? []
    if (words.length > 0 && !(typeof value === 'string' && spelled(words.map(String), value) !== undefined)) {
      return words[0] ?? null
    }
    if (value !== undefined) return value
    switch (rule.type) {
      case 'boolean':
        return false
      case 'integer':
      case 'number':
        return rule.minimum ?? 1
      case 'array':
        return []
      case 'object':
        return {}
      default:
        return 'a'.repeat(Math.max(1, rule.minLength ?? 1))
    }
  }
}

/** The word among others that is the same but for what versions spell differently. */
const spelled = (words: readonly string[], word: string): string | undefined =>
  words.find((one) => one.toLowerCase().replace(/[ _]/g, '') === word.toLowerCase().replace(/[ _]/g, ''))

/** Where an answer is not what the facts say: one sentence a problem. What is not known may be there all the same. */
export function problemsOf(facts: TypeFacts, model: string, answer: unknown): readonly string[] {
  const problems: string[] = []
  const inModel = (name: string, value: unknown, at: string): void => {
    if (!facts.models.has(name)) return
    if (!isMapping(value)) {
      problems.push(`${at} is no object`)
      return
    }
    const kinds = kindsOf(facts, name)
    const word = kinds && value[kinds.property]
    const kind = typeof word === 'string' ? kinds?.models.get(word) : undefined
    if (kinds && word !== undefined && kind === undefined) problems.push(`${join(at, kinds.property)} is '${word}'`)
    inFields(fieldsOf(facts, kind ?? name), value, at)
  }
  const inFields = (fields: ReadonlyMap<string, Field>, value: Mapping, at: string): void => {
    for (const [key, field] of fields) {
      const inner = value[key]
      const place = join(at, key)
      if ('fields' in field) {
        if (isMapping(inner)) inFields(field.fields, inner, place)
      } else if (inner === undefined) {
        if (field.rule.required) problems.push(`${place} is missing`)
      } else if (inner !== null) inRule(field.rule, inner, place)
      else if (field.rule.required && !field.rule.nullable) problems.push(`${place} is null`)
    }
  }
  const inRule = (rule: Rule, value: unknown, at: string): void => {
    if (rule.ref !== undefined) inModel(rule.ref, value, at)
    if (rule.items && Array.isArray(value))
      for (const [i, item] of value.entries()) inRule(rule.items, item, `${at}[${i}]`)
    if (rule.values && isMapping(value)) {
      for (const [key, item] of Object.entries(value)) if (item !== null) inRule(rule.values, item, join(at, key))
    }
    const words = wordsOf(facts, rule)
    if (words?.length && !words.includes(value as string))
      problems.push(`${at} is '${value}', none of ${words.join(', ')}`)
    if (!isOf(rule.type, value)) problems.push(`${at} is ${JSON.stringify(value)} and no ${rule.type}`)
  }
  inModel(model, answer, '')
  return problems
}

function isOf(type: string | undefined, value: unknown): boolean {
  switch (type) {
    case 'string':
    case 'boolean':
      return typeof value === type
    case 'integer':
      return Number.isInteger(value)
    case 'number':
      return typeof value === 'number'
    case 'array':
      return Array.isArray(value)
    case 'object':
      return isMapping(value)
    default:
      return true
  }
}

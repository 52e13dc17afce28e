import { fault } from '../../faults.ts'
import { inSentence, isObject, type Json, type JsonObject, objectAt, plainText, textAt } from '../../json.ts'
import { checkCall } from '../deployments/expressions/evaluate.ts'
import { callsIn, ExpressionError, parseExpression } from '../deployments/expressions/parse.ts'
import { isField } from './fields.ts'
import { operators } from './operators.ts'

/** A condition of a policy rule, read and checked. Texts may be expressions. */
export type Condition =
  | { readonly is: 'all' | 'any'; readonly of: readonly Condition[] }
  | { readonly is: 'not'; readonly of: Condition }
  | { readonly is: 'test'; readonly on: Operand; readonly operator: string; readonly says: Json }

export type Operand =
  | { readonly field: string }
  | { readonly value: Json }
  | { readonly count: 'field'; readonly of: string; readonly where: Condition | undefined }
  | { readonly count: 'value'; readonly of: Json; readonly name: string; readonly where: Condition | undefined }

export interface Rule {
  readonly condition: Condition
  /** A name, or an expression that takes it from a parameter. */
  readonly effect: string
  readonly details: Json | undefined
}

export const EFFECTS = ['deny', 'audit', 'modify', 'append', 'disabled'] as const

/** Functions of policy rules that templates do not have. */
export const OWN_FUNCTIONS = ['field', 'current', 'requestContext', 'policy', 'addDays']
/** What templates have and policy rules do not: "Policy functions" of Azure's policy reference. */
const REFUSED =
  /^(copyIndex|deployment|deployer|environment|extensionResourceId|list\w*|managementGroup|newGuid|pickZones|providers|reference|references|resourceId|resourceInfo|subscriptionResourceId|tenant|tenantResourceId|managementGroupResourceId|variables|map|filter|reduce|sort|toObject|lambda|lambdaVariables|groupBy|mapValues|objectKeys)$/i

export const wrongRule = (reason: string) => fault('InvalidPolicyRule', { reason })

/**
 * Reads a policy rule: everything in it must be known, so that none is kept that would not be evaluated.
 *
 * @throws InvalidPolicyRule
 */
export function readRule(rule: Json | undefined, parameters: JsonObject): Rule {
  if (!isObject(rule)) throw wrongRule("the definition has no 'policyRule'")
  const [unknown] = Object.keys(rule).filter((key) => !/^(if|then)$/i.test(key))
  if (unknown !== undefined) throw wrongRule(`Could not find member '${unknown}' on a policy rule`)
  const then = objectAt(named(rule, 'then'))
  const effect = textAt(named(then, 'effect'))
  if (effect === undefined) throw wrongRule("'then' has no 'effect'")
  checkTexts(rule, parameters)
  const read = { condition: readCondition(named(rule, 'if')), effect, details: named(then, 'details') }
  for (const one of possibleEffects(effect, parameters)) checkEffect(one, read.details)
  return read
}

const named = (object: JsonObject, name: string): Json | undefined =>
  Object.entries(object).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]

function readCondition(value: Json | undefined): Condition {
  if (!isObject(value)) throw wrongRule('a condition is no object')
  const entries = Object.entries(value)
  const list = entries.find(([key]) => /^(allOf|anyOf)$/i.test(key))
  if (list) {
    const [key, of] = list
    if (entries.length > 1 || !Array.isArray(of)) throw wrongRule(`'${key}' must be a list and stand alone`)
    return { is: key.toLowerCase() === 'allof' ? 'all' : 'any', of: of.map((one: Json) => readCondition(one)) }
  }
  const inverted = named(value, 'not')
  if (inverted !== undefined) {
    if (entries.length > 1) throw wrongRule("'not' must stand alone")
    return { is: 'not', of: readCondition(inverted) }
  }
  return readTest(entries)
}

function readTest(entries: readonly (readonly [string, Json | undefined])[]): Condition {
  const operands = entries.filter(([key]) => /^(field|value|count)$/i.test(key))
  const rest = entries.filter(([key]) => !/^(field|value|count)$/i.test(key))
  const [operand] = operands
  const [test] = rest
  if (operands.length !== 1 || !operand || rest.length !== 1 || !test) {
    throw wrongRule('a condition takes one of field, value, count, and one operator')
  }
  const operator = Object.keys(operators).find((name) => name.toLowerCase() === test[0].toLowerCase())
  if (operator === undefined) throw wrongRule(`the condition '${test[0]}' is not known`)
  return { is: 'test', on: readOperand(operand[0], operand[1] ?? null), operator, says: test[1] ?? null }
}

function readOperand(key: string, value: Json): Operand {
  switch (key.toLowerCase()) {
    case 'field':
      return { field: demandField(value) }
    case 'value':
      return { value }
    default:
      return readCount(objectAt(value))
  }
}

function readCount(count: JsonObject): Operand {
  const given = named(count, 'where')
  const where = given === undefined ? undefined : readCondition(given)
  const of = named(count, 'value')
  if (of !== undefined) return { count: 'value', of, name: textAt(named(count, 'name')) ?? '', where }
  const field = demandField(named(count, 'field'))
  if (!field.includes('[*]')) throw wrongRule(`'${field}' is counted and is no list: it has no '[*]'`)
  return { count: 'field', of: field, where }
}

/** @throws InvalidPolicyRule for what is no field; what an expression makes is known only later */
export function demandField(value: Json | undefined): string {
  if (typeof value === 'string' && (value.startsWith('[') || isField(value))) return value
  throw wrongRule(`the field '${inSentence(value)}' is not known`)
}

/** The effects that a definition can come to have. */
function possibleEffects(effect: string, parameters: JsonObject): readonly string[] {
  const [, name] = /^\[\s*parameters\('([^']+)'\)\s*\]$/i.exec(effect) ?? []
  if (name === undefined) {
    if (effect.startsWith('[')) throw wrongRule(`the effect '${effect}' is neither a name nor a parameter`)
    return [effect]
  }
  const { allowedValues, defaultValue } = objectAt(named(parameters, name))
  const values = [...(Array.isArray(allowedValues) ? allowedValues : []), defaultValue]
  return values.filter((value) => typeof value === 'string')
}

/** @throws InvalidPolicyRule for an effect that is not evaluated here, or whose details are not its */
export function checkEffect(effect: string, details: Json | undefined): void {
  const folded = effect.toLowerCase()
  if (!EFFECTS.some((one) => one === folded)) {
    throw wrongRule(`the effect '${effect}' is not evaluated by Lazuli; those that are: ${EFFECTS.join(', ')}`)
  }
  if (folded === 'modify') readOperations(details)
  if (folded === 'append') readAppends(details)
}

export interface FieldChange {
  readonly operation: 'add' | 'addorreplace' | 'remove'
  readonly field: string
  readonly value: Json
  /** An expression that must be true. */
  readonly condition: string | undefined
}

export function readOperations(details: Json | undefined): readonly FieldChange[] {
  const { operations } = objectAt(details)
  if (!Array.isArray(operations) || operations.length === 0) throw wrongRule("'modify' has no 'operations'")
  return operations.map((one: Json) => {
    const { operation, field, value, condition } = objectAt(one)
    const name = plainText(operation).toLowerCase()
    if (name !== 'add' && name !== 'addorreplace' && name !== 'remove') {
      throw wrongRule(`the operation '${inSentence(operation)}' is none of add, addOrReplace, remove`)
    }
    return { operation: name, field: demandChangeable(field), value: value ?? null, condition: textAt(condition) }
  })
}

export function readAppends(details: Json | undefined): readonly FieldChange[] {
  const all: readonly Json[] = Array.isArray(details) ? details : isObject(details) ? [details] : []
  if (all.length === 0) throw wrongRule("'append' has no 'details'")
  return all.map((one) => {
    const { field, value } = objectAt(one)
    return { operation: 'add', field: demandChangeable(field), value: value ?? null, condition: undefined }
  })
}

/** What may not be changed is what says which resource it is. */
function demandChangeable(value: Json | undefined): string {
  const field = demandField(value)
  if (/^(name|fullName|type|id|kind)$/i.test(field)) throw wrongRule(`the field '${field}' cannot be changed`)
  if (/\[\*\]./.test(field)) throw wrongRule(`the field '${field}' is of every item, which cannot be changed`)
  return field
}

/** Every expression must be readable, with functions that policies have and parameters that the definition has. */
function checkTexts(value: Json | undefined, parameters: JsonObject): void {
  if (typeof value === 'string') checkText(value, parameters)
  else if (Array.isArray(value)) for (const item of value as readonly Json[]) checkTexts(item, parameters)
  else if (isObject(value)) for (const item of Object.values(value)) checkTexts(item, parameters)
}

function checkText(text: string, parameters: JsonObject): void {
  try {
    const node = parseExpression(text)
    if (!node) return
    for (const call of callsIn(node)) {
      const own = OWN_FUNCTIONS.some((name) => name.toLowerCase() === call.name.toLowerCase())
      if (!own && REFUSED.test(call.name)) throw wrongRule(`the function '${call.name}' is not one of policy rules`)
      checkCall(call, own)
      const [first] = call.args
      if (call.name.toLowerCase() !== 'parameters' || first?.is !== 'value') continue
      if (named(parameters, plainText(first.value)) === undefined) {
        throw wrongRule(`the parameter '${first.value}' is used and not defined`)
      }
    }
  } catch (error) {
    if (error instanceof ExpressionError) throw wrongRule(`the expression '${text}' can't be read: ${error.message}`)
    throw error
  }
}

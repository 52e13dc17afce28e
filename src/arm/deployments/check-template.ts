import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { checkCall } from './expressions/evaluate.ts'
import { callsIn, ExpressionError, parseExpression } from './expressions/parse.ts'
import { expressionFault } from './expressions/resolve.ts'

const DEPLOYMENTS = /^microsoft\.resources\/deployments$/i
const SECTIONS = new Set(
  ['$schema', 'languageVersion', 'contentVersion', 'apiProfile', 'definitions', 'metadata'].map((key) =>
    key.toLowerCase(),
  ),
)

/**
 * Checks what can be checked without a value: that every expression can be read, that its functions, parameters and
 * variables exist, and that nothing asks for what is not supported here. Nested templates too.
 *
 * @throws InvalidTemplate, InvalidExpression, DeploymentNotHere
 */
export function checkTemplate(template: JsonObject): void {
  if (!Array.isArray(template.resources) && !isObject(template.resources)) {
    throw fault('InvalidTemplate', { reason: "The template has no 'resources'" })
  }
  if (textAt(template.$schema) === undefined && textAt(template.contentVersion) === undefined) {
    throw fault('InvalidTemplate', { reason: "The template has neither '$schema' nor 'contentVersion'" })
  }
  for (const section of ['imports', 'extensions']) {
    if (Object.keys(objectAt(template[section])).length > 0) {
      throw fault('DeploymentNotHere', { what: `The template section '${section}'` })
    }
  }
  demandLimits(template)
  const names = namesOf(template)
  for (const [section, value] of Object.entries(template)) {
    if (!SECTIONS.has(section.toLowerCase()) && value !== undefined) walk(value, section, names)
  }
}

/** Azure's limits. Source: "Template limits" of "Best practices for ARM templates". */
const LIMITS = { parameters: 256, variables: 512, outputs: 64, resources: 800 } as const
const MOST_CHARACTERS = 24_576

/** @throws TemplateLimit */
function demandLimits(template: JsonObject): void {
  for (const [what, limit] of Object.entries(LIMITS)) {
    const section = template[what]
    const actual = Array.isArray(section) ? section.length : Object.keys(objectAt(section)).length
    if (actual > limit) throw fault('TemplateLimit', { what, limit, actual })
  }
}

interface Names {
  readonly parameters: ReadonlySet<string>
  readonly variables: ReadonlySet<string>
  readonly functions: ReadonlySet<string>
}

function namesOf({ parameters, variables, functions }: JsonObject): Names {
  const folded = (object: Json | undefined): readonly string[] =>
    Object.keys(objectAt(object)).map((name) => name.toLowerCase())
  const loops = objectAt(variables).copy
  const looped = Array.isArray(loops)
    ? loops.map((loop: Json) => (textAt(objectAt(loop).name) ?? '').toLowerCase())
    : []
  const namespaces = Array.isArray(functions) ? (functions as readonly Json[]) : []
  return {
    parameters: new Set(folded(parameters)),
    variables: new Set([...folded(variables), ...looped]),
    functions: new Set(
      namespaces.flatMap((entry) => {
        const { namespace, members } = objectAt(entry)
        return folded(members).map((name) => `${(textAt(namespace) ?? '').toLowerCase()}.${name}`)
      }),
    ),
  }
}

function walk(value: Json, place: string, names: Names): void {
  if (typeof value === 'string') {
    checkText(value, place, names)
    return
  }
  if (Array.isArray(value)) {
    for (const [at, item] of (value as readonly Json[]).entries()) walk(item, `${place}[${at}]`, names)
    return
  }
  if (!isObject(value)) return
  const nested = DEPLOYMENTS.test(textAt(value.type) ?? '') ? objectAt(value.properties) : undefined
  const isInner = textAt(objectAt(nested?.expressionEvaluationOptions).scope)?.toLowerCase() === 'inner'
  if (nested && isInner && isObject(nested.template)) {
    checkTemplate(nested.template)
    const { template: _template, ...properties } = nested
    walk({ ...value, properties }, place, names)
    return
  }
  for (const [name, item] of Object.entries(value)) {
    // A function's output sees its own parameters alone, which are known when it is called.
    if (place.startsWith('functions') && name === 'output') continue
    if (name.startsWith('[')) checkText(name, `${place}.${name}`, names)
    if (item !== undefined) walk(item, `${place}.${name}`, names)
  }
}

function checkText(text: string, place: string, names: Names): void {
  try {
    if (text.length > MOST_CHARACTERS && text.startsWith('[')) {
      throw new ExpressionError(`it has ${text.length} characters, and ${MOST_CHARACTERS} at most are allowed`)
    }
    const node = parseExpression(text)
    if (!node) return
    for (const call of callsIn(node)) {
      checkCall(call, names.functions.has(call.name.toLowerCase()))
      const [first] = call.args
      const asked = first?.is === 'value' && typeof first.value === 'string' ? first.value : undefined
      const name = call.name.toLowerCase()
      if (asked === undefined || (name !== 'parameters' && name !== 'variables')) continue
      if (!names[name].has(asked.toLowerCase())) {
        throw new ExpressionError(`the template ${name.slice(0, -1)} '${asked}' is not found`, call.at)
      }
    }
  } catch (error) {
    throw error instanceof ExpressionError ? expressionFault(text.slice(0, 1_000), place, error) : error
  }
}

import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { checkExpression, type Names, type Standing } from './check-expression.ts'
import { checkMembers } from './check-members.ts'
import { callsIn, ExpressionError, parseExpression } from './expressions/parse.ts'
import { expressionFault } from './expressions/resolve.ts'
import { inexactIn } from './expressions/values.ts'
import { demandIncremental } from './outer-template.ts'
import { placeIn } from './prepared.ts'

const DEPLOYMENTS = /^microsoft\.resources\/deployments$/i
const SECTIONS = new Set(
  ['$schema', 'languageVersion', 'contentVersion', 'apiProfile', 'definitions', 'functions', 'metadata'].map((key) =>
    key.toLowerCase(),
  ),
)

/**
 * Checks what can be checked without a value: that every member and expression can be read, that functions, parameters
 * and variables exist and stand where they may, and that nothing asks for what is not supported here. Nested templates
 * too: `within` is where one stands in the template around it.
 *
 * @throws InvalidTemplate, InvalidExpression, DeploymentNotHere
 */
export function checkTemplate(template: JsonObject, within = ''): void {
  if (!Array.isArray(template.resources) && !isObject(template.resources)) {
    throw fault('InvalidTemplate', { reason: "The template has no 'resources'" })
  }
  if (textAt(template.$schema) === undefined && textAt(template.contentVersion) === undefined) {
    throw fault('InvalidTemplate', { reason: "The template has neither '$schema' nor 'contentVersion'" })
  }
  checkMembers(template, within)
  demandLimits(template)
  const inexact = inexactIn(template, within === '' ? 'template' : within)
  if (inexact !== undefined) throw fault('InexactInteger', { place: inexact })
  const names = namesOf(template)
  checkFunctions(template, names, within)
  for (const [section, value] of Object.entries(template)) {
    if (SECTIONS.has(section.toLowerCase()) || value === undefined) continue
    walk(value, { place: placeIn(within, section), names, loops: [] })
  }
  demandNoCircle(objectAt(template.variables), placeIn(within, 'variables'))
}

/** Azure's limits. Source: "Template limits" of "Best practices for ARM templates". */
const LIMITS = { parameters: 256, variables: 512, outputs: 64, resources: 800 } as const

/** @throws TemplateLimit */
function demandLimits(template: JsonObject): void {
  for (const [what, limit] of Object.entries(LIMITS)) {
    const section = template[what]
    const actual = Array.isArray(section) ? section.length : Object.keys(objectAt(section)).length
    if (actual > limit) throw fault('TemplateLimit', { what, limit, actual })
  }
}

function namesOf({ parameters, variables, functions }: JsonObject): Names {
  const loops = objectAt(variables).copy
  const looped = Array.isArray(loops)
    ? loops.map((loop: Json) => (textAt(objectAt(loop).name) ?? '').toLowerCase())
    : []
  return {
    parameters: new Set(folded(parameters)),
    variables: new Set([...folded(variables), ...looped]),
    functions: new Map(functionsOf(functions).map(({ name, parameters: own }) => [name, own.length])),
  }
}

const folded = (object: Json | undefined): readonly string[] =>
  Object.keys(objectAt(object)).map((name) => name.toLowerCase())

interface OwnFunction {
  readonly name: string
  readonly parameters: readonly Json[]
  readonly output: Json | undefined
}

function functionsOf(functions: Json | undefined): readonly OwnFunction[] {
  const namespaces = Array.isArray(functions) ? (functions as readonly Json[]) : []
  return namespaces.flatMap((entry) => {
    const { namespace, members } = objectAt(entry)
    return Object.entries(objectAt(members)).map(([name, one]) => {
      const { parameters, output } = objectAt(one)
      const own = Array.isArray(parameters) ? (parameters as readonly Json[]) : []
      return { name: `${textAt(namespace) ?? ''}.${name}`.toLowerCase(), parameters: own, output }
    })
  })
}

/** A function's output sees its own parameters alone. */
function checkFunctions({ functions }: JsonObject, names: Names, around: string): void {
  for (const { name, parameters, output } of functionsOf(functions)) {
    const own = new Set(parameters.map((one) => (textAt(objectAt(one).name) ?? '').toLowerCase()))
    const within: Names = { parameters: own, variables: new Set(), functions: names.functions }
    const place = placeIn(around, `functions.${name}.output`)
    walk(output ?? null, { place, names: within, loops: [], inFunction: true })
  }
}

function walk(value: Json, standing: Standing): void {
  const { place } = standing
  if (typeof value === 'string') {
    checkExpression(value, standing)
    return
  }
  if (Array.isArray(value)) {
    for (const [at, item] of (value as readonly Json[]).entries()) {
      walk(item, { ...standing, place: `${place}[${at}]` })
    }
    return
  }
  if (!isObject(value)) return
  const nested = DEPLOYMENTS.test(textAt(value.type) ?? '') ? objectAt(value.properties) : undefined
  if (nested) demandIncremental(nested, place)
  const isInner = textAt(objectAt(nested?.expressionEvaluationOptions).scope)?.toLowerCase() === 'inner'
  if (nested && isInner && isObject(nested.template)) {
    checkTemplate(nested.template, `${place}.properties.template`)
    const { template: _template, ...properties } = nested
    walk({ ...value, properties }, standing)
    return
  }
  if (nested && isObject(nested.template)) checkMembers(nested.template, `${place}.properties.template`)
  const within = isObject(value.copy) ? { ...standing, loops: [...standing.loops, loopName(value.copy)] } : standing
  for (const [name, item] of Object.entries(value)) {
    if (name.startsWith('[')) checkExpression(name, { ...within, place: `${place}.${name}` })
    if (item === undefined) continue
    const at = `${place}.${name}`
    if (name === 'copy' && Array.isArray(item)) walkLoops(item, { ...standing, place: at })
    else walk(item, { ...within, place: at })
  }
}

/** Loops beside other members: each has its own round. */
function walkLoops(loops: readonly Json[], standing: Standing): void {
  for (const [at, loop] of loops.entries()) {
    const place = `${standing.place}[${at}]`
    walk(loop, { ...standing, place, loops: [...standing.loops, loopName(objectAt(loop))] })
  }
}

/** Undefined where the loop is called by its resource's symbolic name, or by an expression. */
function loopName({ name }: JsonObject): string | undefined {
  const text = textAt(name)
  return text === undefined || text.startsWith('[') ? undefined : text.toLowerCase()
}

/** Variables that need each other have no value, whoever asks. @throws InvalidExpression */
function demandNoCircle(variables: JsonObject, place: string): void {
  const needs = new Map(Object.entries(variables).map(([name, value]) => [name.toLowerCase(), asksFor(value ?? null)]))
  const done = new Set<string>()
  const visit = (name: string, path: readonly string[]): void => {
    if (done.has(name)) return
    if (path.includes(name)) {
      const error = new ExpressionError(`the variable '${name}' refers to itself`)
      throw expressionFault([...path, name].join(' -> '), `${place}.${name}`, error)
    }
    for (const next of needs.get(name) ?? []) visit(next, [...path, name])
    done.add(name)
  }
  for (const name of needs.keys()) if (name !== 'copy') visit(name, [])
}

function asksFor(value: Json): readonly string[] {
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(asksFor)
  if (isObject(value)) return Object.values(value).flatMap((item) => asksFor(item ?? null))
  const node = typeof value === 'string' ? parseExpression(value) : undefined
  if (!node) return []
  return [...callsIn(node)].flatMap(({ name, args: [first] }) =>
    name.toLowerCase() === 'variables' && first?.is === 'value' ? [String(first.value).toLowerCase()] : [],
  )
}

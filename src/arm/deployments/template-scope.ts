import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { ExpressionError } from './expressions/parse.ts'
import { isForRuntime, RuntimeOnly, resolveCopies, resolveValue } from './expressions/resolve.ts'
import type { Outside, Scope } from './expressions/scope.ts'
import { checkParameter, withDefinition } from './parameters.ts'
import { placeIn } from './prepared.ts'
import { hiddenParameters, secretExpressions } from './secret-expressions.ts'

export interface Sources {
  readonly template: JsonObject
  /** Values by name, resolved already. */
  readonly parameters: JsonObject
  readonly outside: Outside
  /** Parameters whose values are not known yet. */
  readonly unknown?: readonly string[]
  /** Where the template stands in the one around it. */
  readonly within?: string
  /** Parameters that hold a secret. */
  readonly hidden?: readonly string[]
}

/** What a template's expressions may ask: its parameters, variables and functions. Variables are evaluated when first needed. */
export function templateScope(sources: Sources): Scope {
  const { template, parameters, outside, unknown: later = [], within: around = '' } = sources
  const hidden = sources.hidden ?? hiddenParameters(template)
  const declared = objectAt(template.variables)
  const loops = Array.isArray(declared.copy) ? (declared.copy as readonly Json[]) : []
  const known = new Map<string, Json>()
  const scope: Scope = {
    outside,
    lambda: {},
    isSecret: secretExpressions(template, hidden),
    now: undefined,
    copyIndex: noLoop,
    userFunction: userFunctionsOf(template, outside, { around, isSecret: () => hidden.length > 0 }),
    async parameter(name) {
      const found = byName(parameters, name)
      if (found !== undefined) return found
      if (later.some((one) => one.toLowerCase() === name.toLowerCase())) throw unknownYet(name)
      return unknown('parameter', name)
    },
    variable: (name) => variable(name, []),
  }
  return scope

  /** Evaluated once. `path` is what asks for it: a variable that needs itself is refused. */
  async function variable(name: string, path: readonly string[]): Promise<Json> {
    const key = name.toLowerCase()
    const found = known.get(key)
    if (found !== undefined) return found
    if (path.includes(key)) throw new ExpressionError(`the variable '${name}' refers to itself`)
    const within = { ...scope, variable: (next: string) => variable(next, [...path, key]) }
    const own = byName(declared, name)
    const loop = loops.find((one) => textAt(objectAt(one).name)?.toLowerCase() === key)
    if (own === undefined && loop === undefined) return unknown('variable', name)
    const place = placeIn(around, `variables.${name}`)
    const value =
      own === undefined
        ? Object.values(await resolveCopies([loop ?? null], { scope: within, place }))[0]
        : await resolveValue(own, { scope: within, place })
    known.set(key, value ?? null)
    return value ?? null
  }
}

const unknownYet = (name: string): RuntimeOnly =>
  new RuntimeOnly(`the parameter '${name}' is known only while the deployment around it runs`)

const noLoop = (): number => {
  throw new ExpressionError('there is no copy loop around it')
}

function byName(object: JsonObject, name: string): Json | undefined {
  if (Object.hasOwn(object, name)) return object[name]
  const folded = name.toLowerCase()
  return Object.entries(object).find(([key, value]) => key.toLowerCase() === folded && value !== undefined)?.[1]
}

function unknown(what: 'parameter' | 'variable', name: string): never {
  throw new ExpressionError(`the template ${what} '${name}' is not found`)
}

/** Functions of the template: they see their own parameters and nothing else of it. */
function userFunctionsOf(
  template: JsonObject,
  outside: Outside,
  { around, isSecret }: { readonly around: string; readonly isSecret: () => boolean },
): Scope['userFunction'] {
  const functions = new Map<string, ReturnType<typeof userFunction>>()
  const namespaces = Array.isArray(template.functions) ? (template.functions as readonly Json[]) : []
  for (const entry of namespaces) {
    const { namespace, members } = objectAt(entry)
    for (const [name, member] of Object.entries(objectAt(members))) {
      const full = `${textAt(namespace) ?? ''}.${name}`
      functions.set(full.toLowerCase(), userFunction(full, objectAt(member)))
    }
  }
  return within([])

  /** What a function sees that is called by those of the path: not itself, or it would never end. */
  function within(path: readonly string[]): Scope['userFunction'] {
    return (name) => {
      const found = functions.get(name.toLowerCase())
      if (found && path.includes(name.toLowerCase())) throw new ExpressionError(`the function '${name}' calls itself`)
      return found && { call: (args) => found(args, [...path, name.toLowerCase()]) }
    }
  }

  function userFunction(full: string, member: JsonObject) {
    const parameters = Array.isArray(member.parameters) ? (member.parameters as readonly Json[]) : []
    return async (args: readonly Json[], path: readonly string[]): Promise<Json> => {
      if (args.length !== parameters.length) {
        throw new ExpressionError(`the function '${full}' takes ${parameters.length} arguments`)
      }
      const given: Record<string, Json> = {}
      for (const [at, parameter] of parameters.entries()) {
        const name = textAt(objectAt(parameter).name) ?? ''
        given[name] = args[at] ?? null
        checkParameter(template, `${full}.${name}`, objectAt(parameter), given[name])
      }
      const scope = {
        ...templateScope({ template: {}, parameters: given, outside }),
        userFunction: within(path),
        // What it is given may come from any of them.
        isSecret,
      }
      const place = placeIn(around, `functions.${full}.output`)
      return resolveValue(objectAt(member.output).value ?? null, { scope, place })
    }
  }
}

export interface ParameterSources {
  readonly outside: Outside
  readonly now: Date
  /** Given ones whose values are not known yet. */
  readonly unknown?: readonly string[]
  /** Where the template stands in the one around it. */
  readonly within?: string
}

export interface ResolvedParameters {
  readonly values: JsonObject
  /** Those that are not known yet, or have a default that needs one. */
  readonly unknown: readonly string[]
}

/**
 * The values of a template's parameters: those given, else their defaults; each checked.
 *
 * @throws InvalidTemplate where one is missing or unknown, InvalidTemplateParameter
 */
export async function resolveParameters(
  template: JsonObject,
  given: JsonObject,
  { outside, now, unknown: later = [], within = '' }: ParameterSources,
): Promise<ResolvedParameters> {
  const declared = objectAt(template.parameters)
  const extra = Object.keys(given).filter((name) => byName(declared, name) === undefined)
  if (extra.length > 0) {
    const reason = `The template parameters '${extra.join(', ')}' in the parameters file are not valid; they are not present in the original template and can therefore not be provided at deployment time`
    throw fault('InvalidTemplate', { reason })
  }
  const values: Record<string, Json> = {}
  const missing = new Set(
    Object.keys(declared).filter((name) => later.some((one) => one.toLowerCase() === name.toLowerCase())),
  )
  const reading = new Set<string>()
  const hidden = new Set(hiddenParameters(template))
  const base = templateScope({ template: { ...template, variables: {} }, parameters: {}, outside, within })
  const scope: Scope = { ...base, now, parameter: (name) => valueNamed(name) }

  async function valueNamed(asked: string): Promise<Json> {
    const name = Object.keys(declared).find((key) => key.toLowerCase() === asked.toLowerCase())
    if (name === undefined) return unknown('parameter', asked)
    if (values[name] !== undefined) return values[name]
    if (missing.has(name)) throw unknownYet(name)
    if (reading.has(name)) throw new ExpressionError(`the parameter '${name}' refers to itself`)
    reading.add(name)
    const declaration = withDefinition(template, objectAt(declared[name]))
    const sent = byName(given, name)
    // A null where none is meant is a value that was not given: azure-ai-ml sends such.
    const own = objectAt(sent).value === null && declaration.nullable !== true ? undefined : sent
    const value = own === undefined ? await valueByDefault(name, declaration) : valueGiven(name, own)
    if (hidden.has(name.toLowerCase())) outside.noteSecret?.(value)
    checkParameter(template, name, declaration, value)
    values[name] = value
    return value
  }

  async function valueByDefault(name: string, declaration: JsonObject): Promise<Json> {
    if (declaration.defaultValue !== undefined) {
      const place = placeIn(within, `parameters.${name}.defaultValue`)
      return resolveValue(declaration.defaultValue, { scope, place })
    }
    if (declaration.nullable === true) return null
    const reason = `The value for the template parameter '${name}' is not provided. Please see https://aka.ms/arm-create-parameter-file for usage details`
    throw fault('InvalidTemplate', { reason })
  }

  for (const name of Object.keys(declared)) {
    try {
      await valueNamed(name)
    } catch (error) {
      if (!isForRuntime(error) && !(error instanceof RuntimeOnly)) throw error
      missing.add(name)
    }
  }
  return { values, unknown: [...missing] }
}

function valueGiven(name: string, given: Json): Json {
  const value = isObject(given) ? given.value : undefined
  if (value !== undefined) return value
  throw fault('InvalidTemplateParameter', { name, reason: "it has no 'value'" })
}

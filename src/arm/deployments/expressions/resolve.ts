import { type Fault, fault } from '../../../faults.ts'
import { inSentence, isObject, type Json, type JsonObject } from '../../../json.ts'
import { evaluate } from './evaluate.ts'
import { ExpressionError, literalText, parseExpression } from './parse.ts'
import type { Scope } from './scope.ts'
import { kindOf } from './values.ts'

/** An expression that only a running deployment can answer: `reference` and `list*`. */
export class RuntimeOnly extends Error {
  override readonly name = 'RuntimeOnly'
}

/** Where a value stands in its template, and what to do with what only a running deployment knows. */
export interface Resolving {
  readonly scope: Scope
  readonly place: string
  /** Called for an expression that only a running deployment can answer, which then stays as it is. Left out: refused. */
  readonly onRuntime?: () => void
}

const MOST_COPIES = 800

/**
 * A value of a template with every expression in it evaluated, names of members too, and its `copy` loops run.
 *
 * @throws InvalidExpression with the expression and its place
 */
export async function resolveValue(value: Json, resolving: Resolving): Promise<Json> {
  if (typeof value === 'string') return resolveText(value, resolving)
  const { place } = resolving
  if (Array.isArray(value)) {
    const items: Json[] = []
    for (const [at, item] of (value as readonly Json[]).entries()) {
      items.push(await resolveValue(item, { ...resolving, place: `${place}[${at}]` }))
    }
    return items
  }
  if (!isObject(value)) return value
  const made: [string, Json][] = []
  for (const [name, item] of Object.entries(value)) {
    if (item === undefined) continue
    const at = { ...resolving, place: `${place}.${name}` }
    if (name === 'copy' && Array.isArray(item)) {
      for (const [key, items] of Object.entries(await resolveCopies(item, at))) made.push([key, items ?? null])
    } else {
      made.push([name.startsWith('[') ? await resolveName(name, at) : name, await resolveValue(item, at)])
    }
  }
  return Object.fromEntries(made)
}

/** Loops beside other members: each makes an array under its name. */
export async function resolveCopies(loops: readonly Json[], resolving: Resolving): Promise<JsonObject> {
  const made: Record<string, Json> = {}
  for (const loop of loops) {
    if (!isObject(loop) || typeof loop.name !== 'string') {
      throw fault('InvalidTemplate', { reason: `the copy loop at '${resolving.place}' has no name` })
    }
    const items: Json[] = []
    for (const scope of await loopScopes(loop, loop.name, resolving)) {
      items.push(await resolveValue(loop.input ?? null, { ...resolving, scope }))
    }
    made[loop.name] = items
  }
  return made
}

/**
 * The scopes of a loop's rounds.
 *
 * @throws InvalidTemplate where its count is no number of at most 800
 */
export async function loopScopes(loop: JsonObject, name: string, resolving: Resolving): Promise<readonly Scope[]> {
  const { scope, place } = resolving
  const count = await resolveValue(loop.count ?? null, { scope, place: `${place}.count` })
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0 || count > MOST_COPIES) {
    throw fault('InvalidTemplate', {
      reason: `the copy count '${inSentence(count)}' at '${place}' is not 0 to ${MOST_COPIES}`,
    })
  }
  return Array.from({ length: count }, (_, index) => ({
    ...scope,
    copyIndex: (asked: string | undefined) =>
      asked === undefined || asked.toLowerCase() === name.toLowerCase() ? index : scope.copyIndex(asked),
  }))
}

/** A member's name that is an expression. */
async function resolveName(name: string, at: Resolving): Promise<string> {
  const made = await resolveText(name, at)
  if (typeof made === 'string') return made
  throw expressionFault(name, at.place, new ExpressionError(`it is the name of a member and makes a ${kindOf(made)}`))
}

async function resolveText(text: string, { scope, place, onRuntime }: Resolving): Promise<Json> {
  try {
    const node = parseExpression(text)
    if (!node) return literalText(text)
    const value = await evaluate(node, scope)
    if (scope.isSecret?.(text)) scope.outside.noteSecret?.(value)
    return value
  } catch (error) {
    if (error instanceof RuntimeOnly) {
      if (!onRuntime) throw expressionFault(text, place, new ExpressionError(error.message), error)
      onRuntime()
      return text
    }
    if (!(error instanceof ExpressionError)) throw error
    throw expressionFault(text, place, scope.isSecret?.(text) ? withoutValue(error) : error)
  }
}

/** The refusal that names an expression and where it stands. */
export const expressionFault = (
  expression: string,
  place: string,
  error: ExpressionError,
  cause: unknown = error,
): Fault => {
  const reason = error.at === undefined ? `${error.message}.` : `${error.message} (at character ${error.at + 2}).`
  return fault('InvalidExpression', { place, expression, reason }, { cause })
}

/** Whether something was refused because only a running deployment can know it. */
export const isForRuntime = (error: unknown): boolean => error instanceof Error && error.cause instanceof RuntimeOnly

/** The place of a refusal without its words, which may hold the value. */
function withoutValue({ message, at }: ExpressionError): ExpressionError {
  const [, name] = /^'([A-Za-z_$][\w$.]*)': /.exec(message) ?? []
  const what = name === undefined ? 'it' : `'${name}'`
  return new ExpressionError(`${what} failed; a secure value is part of it, so that no more is told`, at)
}

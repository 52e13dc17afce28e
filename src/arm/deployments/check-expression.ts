import { checkCall, functionNamed } from './expressions/evaluate.ts'
import { ExpressionError, type Node, parseExpression } from './expressions/parse.ts'
import { expressionFault } from './expressions/resolve.ts'

/** What the expressions of a template may name, folded; functions with the number of their parameters. */
export interface Names {
  readonly parameters: ReadonlySet<string>
  readonly variables: ReadonlySet<string>
  readonly functions: ReadonlyMap<string, number>
}

/** Where an expression stands, as far as that decides what it may say. */
export interface Standing {
  readonly place: string
  readonly names: Names
  /** The loops around it by their folded names; undefined is one whose name is not known yet. */
  readonly loops: readonly (string | undefined)[]
  /** In the output of a template's own function: it sees nothing of what runs. */
  readonly inFunction?: boolean
}

/** Azure's limit of one expression. */
const MOST_CHARACTERS = 24_576
/** Only the default of a parameter is evaluated once. */
const ONCE = new Set(['utcnow', 'newguid'])
const DEFAULT = /(^|\.)parameters\.[^.]+\.defaultValue/
const READS = /^(reference|references|resourceinfo|list.*)$/

/**
 * Checks what of one expression can be checked without a value: that it can be read, that what it names exists, and
 * that each function may stand where it does.
 *
 * @throws InvalidExpression
 */
export function checkExpression(text: string, standing: Standing): void {
  try {
    if (text.length > MOST_CHARACTERS && text.startsWith('[')) {
      throw new ExpressionError(`it has ${text.length} characters, and ${MOST_CHARACTERS} at most are allowed`)
    }
    const node = parseExpression(text)
    if (node) check(node, standing, new Set())
  } catch (error) {
    throw error instanceof ExpressionError ? expressionFault(text.slice(0, 1_000), standing.place, error) : error
  }
}

type Call = Node & { readonly is: 'call' }

/** `lambdas` are the variables of the lambdas around a node. */
function check(node: Node, standing: Standing, lambdas: ReadonlySet<string>): void {
  if (node.is === 'access') {
    check(node.of, standing, lambdas)
    check(node.key, standing, lambdas)
  }
  if (node.is !== 'call') return
  demandPlaced(node, standing, lambdas)
  demandKnown(node, standing)
  const taken = functionNamed(node.name)?.declared.lambdas ?? []
  for (const [at, arg] of node.args.entries()) {
    if (!taken.includes(at)) check(arg, standing, lambdas)
    else checkLambda(arg, standing, lambdas)
  }
}

function demandKnown(call: Call, { names }: Standing): void {
  const name = call.name.toLowerCase()
  const takes = names.functions.get(name)
  checkCall(call, takes !== undefined)
  if (takes !== undefined && call.args.length !== takes) {
    throw new ExpressionError(
      `the function '${call.name}' takes ${takes} arguments and was given ${call.args.length}`,
      call.at,
    )
  }
  const asked = textOf(call.args[0])
  if (asked === undefined || (name !== 'parameters' && name !== 'variables')) return
  if (!names[name].has(asked.toLowerCase())) {
    throw new ExpressionError(`the template ${name.slice(0, -1)} '${asked}' is not found`, call.at)
  }
}

function demandPlaced(call: Call, { place, loops, inFunction }: Standing, lambdas: ReadonlySet<string>): void {
  const name = call.name.toLowerCase()
  const asked = textOf(call.args[0])
  const unexpected = (where: string): ExpressionError =>
    new ExpressionError(`the template function '${call.name}' is not expected at this location. ${where}`, call.at)
  if (ONCE.has(name) && !DEFAULT.test(place)) {
    throw unexpected('It may stand in the default value of a parameter only')
  }
  if (inFunction && (READS.test(name) || name === 'variables')) {
    throw unexpected("A template's own function sees its parameters only")
  }
  if (name === 'copyindex') {
    if (loops.length === 0) throw unexpected('There is no copy loop around it')
    const known = asked === undefined || loops.some((loop) => loop === undefined || loop === asked.toLowerCase())
    if (!known) throw new ExpressionError(`there is no copy loop '${asked}' around it`, call.at)
  }
  if (name === 'lambda') throw unexpected('A lambda can only be an argument of a function that takes one')
  if (name === 'lambdavariables' && asked !== undefined && !lambdas.has(asked.toLowerCase())) {
    throw new ExpressionError(`there is no lambda variable '${asked}'`, call.at)
  }
}

function checkLambda(node: Node, standing: Standing, lambdas: ReadonlySet<string>): void {
  if (node.is !== 'call' || node.name.toLowerCase() !== 'lambda') {
    throw new ExpressionError('a lambda was expected', node.at)
  }
  checkCall(node, false)
  const own = node.args.slice(0, -1).map((name) => {
    const text = textOf(name)
    if (text === undefined) throw new ExpressionError("a lambda's variables are texts", name.at)
    return text.toLowerCase()
  })
  const body = node.args.at(-1)
  if (body) check(body, standing, new Set([...lambdas, ...own]))
}

const textOf = (node: Node | undefined): string | undefined =>
  node?.is === 'value' && typeof node.value === 'string' ? node.value : undefined

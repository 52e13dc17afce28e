import {
  type Config,
  ConfigError,
  type Environment,
  type Flag,
  flagValue,
  type Values,
  variableOf,
} from '../../config.ts'
import type { EnvironmentCache } from '../../environments/environments.ts'
import type { ServerFacts } from './server-facts.ts'

/** What commands need of the rest of the program; `main.ts` hands it in, so that each loads only what it uses. */
export interface Program {
  readonly version: string
  /** How the program is called from the working directory. */
  readonly command: string
  /** Builds and starts everything; resolves when it is ready. */
  startServer(config: Config): Promise<{ readonly facts: ServerFacts; stop(): Promise<void> }>
  /** Looks for what does not agree in a data directory that no server has open, and puts right what is safe. */
  examine(
    directory: string,
    repair: boolean,
  ): Promise<readonly { readonly kind: 'lost' | 'untidy'; readonly text: string; readonly repaired: boolean }[]>
  /** The environments of a data directory that are kept for the next job. */
  environmentCache(directory: string): Promise<EnvironmentCache>
  /** Adds the bundles of a shell to the one that clients are pointed at. */
  mergeBundles(bundle: string, root: string, user: readonly string[]): Promise<void>
}

export interface Invocation {
  readonly program: Program
  readonly env: Environment
  /** What was given on the command line. */
  readonly values: Values
  /** Arguments that are no flags; for `run`, all after `--`. */
  readonly args: readonly string[]
  /** A flag's value, from the command line or its variable. */
  value(name: string): string | true | undefined
}

/** A command: a file in `cli/` named as it is typed (`principal add` is `principal-add.ts`). */
export interface Command {
  readonly summary: string
  /** What follows the name in the usage line. */
  readonly usage: string
  readonly flags: readonly Flag[]
  /** How many arguments it takes. Left out: none. */
  readonly args?: { readonly least: number; readonly most: number }
  /** Answers the exit code. */
  run(invocation: Invocation): Promise<number>
}

export const defineCommand = (command: Command): Command => command

/** A mistake in how a command was typed: said on one line, with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Something that the user has to know, with exit code 1: no stack. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}

export const isForTheTerminal = (error: unknown): error is Error =>
  error instanceof UsageError || error instanceof Refusal || error instanceof ConfigError

/**
 * Reads a command's flags and arguments.
 *
 * @throws UsageError
 */
export function parse(command: Command, words: readonly string[]): { values: Values; args: readonly string[] } {
  const values: Record<string, string | true> = {}
  const args: string[] = []
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    if (word === '--') {
      args.push(...words.slice(at + 1))
      break
    }
    if (!word.startsWith('-') || word === '-') {
      args.push(word)
      continue
    }
    const [name = '', inline] = split(word)
    const flag = command.flags.find((one) => one.name === name)
    if (!flag) throw new UsageError(`There is no flag '${word}' here.`)
    if (flag.value === undefined) {
      if (inline !== undefined) throw new UsageError(`--${name} takes no value.`)
      values[name] = true
      continue
    }
    const value = inline ?? words[++at]
    if (value === undefined) throw new UsageError(`--${name} needs a value: --${name} ${flag.value}.`)
    values[name] = value
  }
  const { least, most } = command.args ?? { least: 0, most: 0 }
  if (args.length < least) throw new UsageError('Something is missing.')
  if (args.length > most) throw new UsageError(`'${args[most]}' is one word too many.`)
  return { values, args }
}

function split(word: string): [string, string | undefined] {
  const name = word.replace(/^--?/, '')
  const equals = name.indexOf('=')
  return equals < 0 ? [name, undefined] : [name.slice(0, equals), name.slice(equals + 1)]
}

/** What `value` of an invocation answers: the flag, else its variable. */
export const reader = (command: Command, values: Values, env: Environment) => (name: string) => {
  const flag = command.flags.find((one) => one.name === name)
  return flag && flagValue(flag, values, env)
}

/** A command's help: its usage, and every flag with its variable. */
export function helpOf(name: string, command: Command): string {
  const rows = command.flags.map((flag) => [
    `  --${flag.name}${flag.value ? ` ${flag.value}` : ''}`,
    `${flag.help} [${variableOf(flag)}]`,
  ])
  const width = Math.max(0, ...rows.map(([left = '']) => left.length)) + 2
  return [
    `Usage: lazuli ${[name, command.usage].filter((part) => part !== '').join(' ')}`,
    '',
    command.summary,
    ...(rows.length > 0 ? ['', 'Flags, each with its environment variable:'] : []),
    ...rows.map(([left = '', right]) => left.padEnd(width) + right),
    '',
  ].join('\n')
}

import { readdirSync } from 'node:fs'
import { extname, join } from 'node:path'
import { environment } from '../../config.ts'
import { type Command, helpOf, isForTheTerminal, type Program, parse, reader, UsageError } from './command.ts'

const extension = extname(import.meta.filename)

/** `src/cli` or `dist/cli`. */
const folder = join(import.meta.dirname, '..')

/** Runs what was typed and answers the exit code. */
export async function dispatch(program: Program, words: readonly string[]): Promise<number> {
  const [first = 'help', second] = words
  if (['help', '--help', '-h'].includes(first)) return help(words.slice(1))
  if (first === '--version' || first === '-v') return dispatch(program, ['version'])
  const names = commandNames()
  const two = `${first}-${second}`
  const name = names.includes(two) ? two : first
  if (!names.includes(name)) {
    const whole = names.filter((one) => one.startsWith(`${first}-`)).map((one) => one.replace('-', ' '))
    if (whole.length > 0) {
      const asked = second === '--help' || second === '-h'
      const usage = `Usage: lazuli ${whole.join(' | lazuli ')}`
      say(asked ? process.stdout : process.stderr, asked ? usage : `lazuli: '${first}' alone is no command. ${usage}`)
      return asked ? 0 : 2
    }
    say(process.stderr, `lazuli: there is no command '${first}'. 'lazuli help' lists those there are.`)
    return 2
  }
  const rest = words.slice(name === two ? 2 : 1)
  const command = await load(name)
  const before = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest
  if (before.includes('--help') || before.includes('-h')) return help([name])
  try {
    const env = environment()
    const { values, args } = parse(command, rest)
    return await command.run({ program, env, values, args, value: reader(command, values, env) })
  } catch (error) {
    if (!isForTheTerminal(error)) throw error
    say(process.stderr, `lazuli: ${error.message}`)
    if (!(error instanceof UsageError)) return 1
    say(process.stderr, `Usage: lazuli ${name.replace('-', ' ')} ${command.usage}`)
    return 2
  }
}

async function help(words: readonly string[]): Promise<number> {
  const names = commandNames()
  const asked = words.join('-')
  if (asked !== '') {
    if (!names.includes(asked)) {
      say(process.stderr, `lazuli: there is no command '${words.join(' ')}'.`)
      return 2
    }
    say(process.stdout, helpOf(asked.replace('-', ' '), await load(asked)).trimEnd())
    return 0
  }
  const rows = await Promise.all(
    names.map(async (name) => `  ${name.replace('-', ' ').padEnd(20)}${(await load(name)).summary}`),
  )
  say(process.stdout, ['Usage: lazuli COMMAND', '', ...rows, '', "'lazuli COMMAND --help' lists its flags."].join('\n'))
  return 0
}

/** A command is a file of `cli`; the folder is the list. */
const commandNames = (): readonly string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith(extension) && !file.includes('.test.') && !file.endsWith('.d.ts'))
    .map((file) => file.slice(0, -extension.length))
    .sort()

const load = async (name: string): Promise<Command> => (await import(`../${name}${extension}`)).default

function say(stream: NodeJS.WriteStream, text: string): void {
  stream.write(`${text}\n`)
}

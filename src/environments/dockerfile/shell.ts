import { type ParseEntry, parse } from 'shell-quote'
import { atLine } from './read-dockerfile.ts'

/** A word of a command; a pattern is one only where nothing is quoted. */
export interface Word {
  readonly text: string
  readonly isPattern: boolean
}

/** One command of a RUN, its variables still in it: an `export` before it may set them. */
export interface Command {
  readonly words: readonly Word[]
}

const mark = '\u0000'

/**
 * The commands of a RUN in order. Only what says "this, then that" is read: `&&`, `;` and words.
 *
 * @throws EnvironmentBuildFailed for pipes, substitutions, conditions and redirections
 */
export function commandsOf(text: string, line: number): readonly Command[] {
  if (text.includes('`')) throw atLine(line, 'command substitution (`…`) is not interpreted.')
  const commands: Word[][] = [[]]
  const entries = parse(text, (name) => `${mark}${name}${mark}`)
  for (let at = 0; at < entries.length; at += 1) {
    const entry = entries[at]
    const words = commands.at(-1)
    if (entry === undefined || words === undefined || (typeof entry === 'object' && 'comment' in entry)) continue
    if (typeof entry === 'string') words.push({ text: entry, isPattern: false })
    else if (entry.op === 'glob') words.push({ text: entry.pattern, isPattern: true })
    else if (entry.op === '&&' || entry.op === ';') commands.push([])
    else if (isRedirection(entry.op)) at = skipRedirection(entries, { at, words, line })
    else throw atLine(line, `'${entry.op}' of the shell is not interpreted: ${text.slice(0, 200)}`)
  }
  return commands.filter((words) => words.length > 0).map((words) => ({ words }))
}

const isRedirection = (operator: string): boolean => /^(>|>>|<|>&|&>)$/.test(operator)

/**
 * Output that is thrown away is none the less thrown away, and `pip install a>=1` writes, to everybody's surprise, into
 * a file called `=1`: both change nothing that is kept here. Anything else would make or read a file.
 */
function skipRedirection(
  entries: readonly ParseEntry[],
  { at, words, line }: { readonly at: number; readonly words: Word[]; readonly line: number },
): number {
  const target = entries[at + 1]
  const isUnquotedBound = typeof target === 'string' && target.startsWith('=') && words.length > 1
  const isThrownAway = target === '/dev/null' || target === '1' || target === '2'
  if (!isUnquotedBound && !isThrownAway)
    throw atLine(line, `redirections of the shell are not interpreted (into ${JSON.stringify(target)}).`)
  if (isThrownAway && /^[12]$/.test(words.at(-1)?.text ?? '')) words.pop()
  return at + 1
}

/** A command's words with their variables filled in; a word that is nothing but a variable falls into its words. */
export function fill(command: Command, meaning: (name: string) => string): readonly Word[] {
  return command.words.flatMap(({ text, isPattern }): readonly Word[] => {
    const parts = text.split(mark)
    if (parts.length === 1) return [{ text, isPattern }]
    const filled = parts.map((part, at) => (at % 2 === 0 ? part : meaning(part))).join('')
    const alone = parts.length === 3 && parts[0] === '' && parts[2] === ''
    if (!alone) return [{ text: filled, isPattern }]
    return filled
      .split(/\s+/)
      .filter((word) => word !== '')
      .map((word) => ({ text: word, isPattern }))
  })
}

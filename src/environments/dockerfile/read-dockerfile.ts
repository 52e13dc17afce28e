import { DockerfileParser, type Instruction, ModifiableInstruction, PropertyInstruction } from 'dockerfile-ast'
import { EnvironmentBuildFailed } from '../environments.ts'

/** An instruction as it is interpreted: comments and continued lines are resolved, blanks are not. */
export interface Step {
  readonly keyword: string
  /** Counted from 1. */
  readonly line: number
  readonly text: string
  /** `--name=value`, without the dashes. */
  readonly flags: readonly { readonly name: string; readonly value: string }[]
  /** The words of the JSON form. */
  readonly words?: readonly string[]
  /** The pairs of ENV and ARG; a value that is not given is undefined. */
  readonly pairs: readonly { readonly name: string; readonly value: string | undefined }[]
}

/** A refusal that names the place. */
export const atLine = (line: number, reason: string): EnvironmentBuildFailed =>
  new EnvironmentBuildFailed(`Dockerfile, line ${line}: ${reason}`)

/** @throws EnvironmentBuildFailed where nothing is in it */
export function readDockerfile(text: string): readonly Step[] {
  const instructions = DockerfileParser.parse(text.replaceAll('\r\n', '\n')).getInstructions()
  if (instructions.length === 0) throw new EnvironmentBuildFailed('The Dockerfile is empty.')
  return instructions.map((instruction) => stepOf(instruction))
}

function stepOf(instruction: Instruction): Step {
  const keyword = instruction.getKeyword()
  const line = instruction.getRange().start.line + 1
  const raw = instruction.getRawArgumentsContent() ?? ''
  if (/(^|\s)<<-?["']?\w/.test(raw)) throw atLine(line, 'here-documents are not interpreted.')
  const flags = (instruction instanceof ModifiableInstruction ? instruction.getFlags() : []).map((flag) => ({
    name: flag.getName(),
    value: flag.getValue() ?? '',
  }))
  const text = joined(raw).replace(/^(--[\w-]+(=\S*)?\s+)*/, (all) => (flags.length > 0 ? '' : all))
  const words = text.startsWith('[') ? wordsOf(text) : undefined
  const properties = instruction instanceof PropertyInstruction ? instruction.getProperties() : []
  return {
    keyword,
    line,
    text,
    flags,
    ...(words && { words }),
    pairs: properties.map((property) => ({ name: property.getName(), value: property.getValue() ?? undefined })),
  }
}

/** One line of what goes over several: comment lines between them are none of it. */
const joined = (raw: string): string =>
  raw
    .split('\n')
    .filter((line, at) => at === 0 || !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\[ \t]*\n/g, ' ')
    .trim()

/** What isn't JSON is a command for the shell, as Docker has it. */
function wordsOf(text: string): readonly string[] | undefined {
  try {
    const words: unknown = JSON.parse(text)
    return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : undefined
  } catch {
    return undefined
  }
}

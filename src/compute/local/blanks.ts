import type { JobInput, JobOutput } from '../engine.ts'

/** What stands for each input and output in the command: a path, a URI, or a literal's value. */
export interface Fillings {
  readonly inputs: Readonly<Record<string, string>>
  readonly outputs: Readonly<Record<string, string>>
}

/** A name in the command that nothing stands for; the command would run with a hole in it. */
export class UnknownBlank extends Error {
  override readonly name = 'UnknownBlank'
}

/**
 * Fills `${{inputs.x}}` and `${{outputs.y}}`, also inside `$[[ … ]]`, which Azure drops with its content where an
 * optional input was not given.
 *
 * Literals stand there to the letter, as in Azure: the submitter writes the command too, so quoting them would guard
 * nothing and would break `--flags ${{inputs.flags}}`.
 *
 * @throws UnknownBlank
 */
export function fillBlanks(command: string, fillings: Fillings): string {
  const optional = command.replace(/\$\[\[(.*?)\]\]/gs, (_whole, inner: string) =>
    names(inner).every(([kind, name]) => find(fillings, kind, name) !== undefined) ? inner : '',
  )
  return optional.replace(blank, (whole, kind: string, name: string) => {
    const value = find(fillings, kind, name)
    if (value === undefined) throw new UnknownBlank(`The command names ${whole}, which the job does not have.`)
    return value
  })
}

const blank = /\$\{\{\s*(inputs|outputs)\.([\w.-]+)\s*\}\}/g

const names = (text: string): readonly (readonly [string, string])[] =>
  [...text.matchAll(blank)].map((match) => [match[1] ?? '', match[2] ?? ''] as const)

function find(fillings: Fillings, kind: string, name: string): string | undefined {
  const group = kind === 'inputs' ? fillings.inputs : fillings.outputs
  return Object.hasOwn(group, name) ? group[name] : undefined
}

/** A path as it can stand in a shell command; only a data directory with odd characters ever needs the quotes. */
export const inShell = (path: string): string =>
  /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`

/** The variables in which Azure repeats where inputs and outputs lie. */
export function dataVariables(
  inputs: readonly JobInput[],
  outputs: readonly JobOutput[],
  places: Fillings,
): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const { name, type } of inputs) {
    const place = places.inputs[name]
    if (place === undefined) continue
    variables[`AZURE_ML_INPUT_${name}`] = place
    if (type !== 'literal') variables[`AZUREML_DATAREFERENCE_${name}`] = place
  }
  for (const { name } of outputs) {
    const place = places.outputs[name]
    if (place === undefined) continue
    variables[`AZURE_ML_OUTPUT_${name}`] = place
    variables[`AZUREML_DATAREFERENCE_${name}`] = place
  }
  return variables
}

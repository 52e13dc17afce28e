import { type CondaFile, toRequirement } from './conda-file.ts'
import { EnvironmentBuildFailed } from './environments.ts'

/** What a conda file installs, as pip takes it, with what was understood in another way than it was written. */
export function condaRequirements(
  file: CondaFile,
  /** Answers for a line that names a file beside it: other lines, or a refusal. */
  withFile: (line: string) => readonly string[],
): { readonly requirements: readonly string[]; readonly notes: readonly string[] } {
  const notes: string[] = []
  if (file.channels.length > 0)
    notes.push(`conda channels (${file.channels.join(', ')}) are not read: packages come from the machine's PyPI index`)
  const requirements: string[] = []
  for (const dependency of file.conda) {
    const { requirement, note } = toRequirement(dependency)
    if (requirement) requirements.push(requirement)
    if (note && !/^(pip|setuptools|wheel)\b/.test(dependency)) notes.push(note)
  }
  for (const line of file.pip) requirements.push(...(namesFile(line) ? withFile(line) : [pipLine(line)]))
  return { requirements: [...new Set(requirements)], notes }
}

/** Whether a line of pip's needs something that lies beside it. */
export const namesFile = (line: string): boolean =>
  /^(-r|--requirement|-c|--constraint|-e|--editable)\b/.test(line) || /^\.{0,2}\//.test(line) || line === '.'

function pipLine(line: string): string {
  if (
    line.startsWith('-') &&
    !/^--(extra-index-url|index-url|find-links|trusted-host|pre|no-binary|only-binary|prefer-binary)\b/.test(line) &&
    !/^-[if]\b/.test(line)
  )
    throw new EnvironmentBuildFailed(`The conda file's pip option '${line}' is not offered.`)
  return line
}

import { readCondaFile, toRequirement } from '../conda-file.ts'
import { condaRequirements } from '../conda-requirements.ts'
import { pathIn, type Running } from './image-state.ts'
import { atLine } from './read-dockerfile.ts'
import { requirementLines, textAt, withPlace } from './requirement-files.ts'

const silent =
  /^(-y|--yes|-q|--quiet|-v+|--verbose|--freeze-installed|--update-all|--all|--prune|--override-channels|--force|-a)$/
const valued = /^(-n|--name|-p|--prefix|-c|--channel|-f|--file|--solver|--strict-channel-priority)$/

/** `conda`, `mamba` and `micromamba`: one environment, the one that the last command names, is the job's. */
export async function conda(
  running: Running,
  args: readonly string[],
  run: (words: readonly string[]) => Promise<void>,
): Promise<void> {
  const { line } = running
  const [first = '', second = ''] = args
  if (/^(clean|config|info|list|init|--version|activate)$/.test(first)) return
  if (first === 'run') return run(withoutOptions(args.slice(1)))
  if (first === 'env' && (second === 'create' || second === 'update'))
    return fromFile(running, args.slice(2), second === 'create')
  if (first === 'create' || first === 'install' || first === 'update') return packages(running, args.slice(1), first)
  throw atLine(line, `'conda ${first}${first === 'env' ? ` ${second}` : ''}' is not interpreted.`)
}

/** What `conda run` runs: the words after its own options. */
function withoutOptions(args: readonly string[]): readonly string[] {
  let at = 0
  while (args[at]?.startsWith('-')) at += valued.test(args[at] ?? '') ? 2 : 1
  return args.slice(at)
}

async function fromFile(running: Running, args: readonly string[], isNew: boolean): Promise<void> {
  const { state, line } = running
  const { file = 'environment.yml' } = read(args, line)
  const path = pathIn(running.folder, file)
  const found = readCondaFile(await textAt(running, path))
  const lists = new Map<string, readonly string[]>()
  for (const text of found.pip) {
    const [, nested] = text.match(/^(?:-r|--requirement)[\s=]+(\S+)$/) ?? []
    if (nested !== undefined) lists.set(text, await requirementLines(running, nested))
  }
  const { requirements, notes } = condaRequirements(found, (text) => lists.get(text) ?? [withPlace(running, text)])
  state.notes.push(...notes)
  if (isNew) startAnew(running)
  if (found.python !== undefined) state.python = found.python
  if (requirements.length > 0) state.steps.push({ requirements, constraints: [], options: [] })
}

function packages(running: Running, args: readonly string[], verb: string): void {
  const { state, line } = running
  const { names, channels } = read(args, line)
  if (verb === 'create') startAnew(running)
  if (channels.length > 0)
    state.notes.push(
      `conda channels (${channels.join(', ')}) are not read: packages come from the machine's PyPI index`,
    )
  const requirements: string[] = []
  for (const name of names) {
    if (/^(conda|mamba|base|conda-libmamba-solver)([=<>].*)?$/.test(name)) continue
    if (/^python(?![\w-])/.test(name)) {
      state.python = name
      continue
    }
    const { requirement, note } = toRequirement(name)
    if (requirement) requirements.push(requirement)
    if (note) state.notes.push(note)
  }
  if (requirements.length > 0)
    state.steps.push({ requirements, constraints: [], options: verb === 'update' ? ['--upgrade'] : [] })
}

/** A new environment has nothing of what the image has so far. */
function startAnew({ state }: Running): void {
  state.requirements = []
  state.steps.length = 0
}

function read(
  args: readonly string[],
  line: number,
): { readonly names: readonly string[]; readonly channels: readonly string[]; readonly file?: string } {
  const names: string[] = []
  const channels: string[] = []
  let file: string | undefined
  for (let at = 0; at < args.length; at += 1) {
    const [name = '', inline] = (args[at] ?? '').startsWith('--') ? (args[at] ?? '').split('=') : [args[at] ?? '']
    if (silent.test(name)) continue
    if (valued.test(name)) {
      const value = inline ?? args[++at] ?? ''
      if (name === '-f' || name === '--file') file = value
      if (name === '-c' || name === '--channel') channels.push(value)
    } else if (name.startsWith('-')) throw atLine(line, `conda's option '${name}' is not interpreted.`)
    else names.push(args[at] ?? '')
  }
  return { names, channels, ...(file !== undefined && { file }) }
}

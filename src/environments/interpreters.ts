import { execFile } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { EnvironmentBuildFailed } from './environments.ts'
import { type PythonRequest, satisfies } from './python-version.ts'

/** A Python of this machine, by its real path. */
export interface Interpreter {
  readonly executable: string
  /** Where its library lies. */
  readonly prefix: string
  readonly version: string
}

/**
 * The interpreter for a request: the nearest to 3.10, which Azure's own images hold, where several would do.
 *
 * @throws EnvironmentBuildFailed where none fits and none may be substituted
 */
export async function findInterpreter(
  request: PythonRequest,
  options: { readonly allowSubstitute: boolean; readonly searchPath: string },
): Promise<{ readonly interpreter: Interpreter; readonly notes: readonly string[] }> {
  const all = await interpreters(options.searchPath)
  const best = [...all].sort((one, other) => distance(one.version, '3.10') - distance(other.version, '3.10'))
  const fitting = best.find((each) => satisfies(request, each.version))
  if (fitting) {
    const notes = [
      `Python ${fitting.version} (${fitting.executable})${request.text === '' ? ': no version is asked for' : ` for ${request.text}`}`,
    ]
    if (request.exact && request.exact !== fitting.version)
      notes.push(`Python ${request.exact} is asked for; ${fitting.version} of the same minor version is used`)
    return { interpreter: fitting, notes }
  }
  const have = all.map((each) => each.version).join(', ') || 'none'
  const nearest = [...all].sort(
    (one, other) => distance(one.version, request.near) - distance(other.version, request.near),
  )[0]
  if (!options.allowSubstitute || !nearest)
    throw new EnvironmentBuildFailed(
      `${request.text || 'Python 3.8 or later'} is not on this machine (found: ${have}). Install it, or start the server with substitution allowed.`,
    )
  return {
    interpreter: nearest,
    notes: [
      `SUBSTITUTED: ${request.text} is not on this machine; Python ${nearest.version} (${nearest.executable}) is used instead`,
    ],
  }
}

function distance(version: string, near: string): number {
  const [, minor = 0, micro = 0] = version.split('.').map(Number)
  const [, wanted = 0] = near.split('.').map(Number)
  // Between two that are as far off the later one wins, and among equal minor versions the later micro.
  return Math.abs(minor - wanted) - (minor > wanted ? 0.5 : 0) - micro / 1000
}

let found:
  | { readonly searchPath: string; readonly at: number; readonly list: Promise<readonly Interpreter[]> }
  | undefined

/**
 * The machine's Pythons; looked for again after a minute, since users install what a failed build named, and at once
 * where one has gone.
 */
async function interpreters(searchPath: string): Promise<readonly Interpreter[]> {
  if (found?.searchPath !== searchPath || Date.now() - found.at > 60_000) found = lookNow(searchPath)
  const list = await found.list
  const there = await Promise.all(list.map(({ executable }) => stat(executable).catch(() => undefined)))
  if (there.every((each) => each !== undefined)) return list
  found = lookNow(searchPath)
  return found.list
}

const lookNow = (searchPath: string) => ({ searchPath, at: Date.now(), list: lookForAll(searchPath) })

async function lookForAll(searchPath: string): Promise<readonly Interpreter[]> {
  const paths = new Set<string>()
  // A pyenv shim is a script that takes longer than the interpreter; its versions are looked up below.
  for (const folder of [...searchPath.split(delimiter), '/usr/local/bin', '/usr/bin'])
    if (folder !== '' && !folder.includes('shims'))
      for (const name of await entries(folder)) if (/^python3(\.\d+)?$/.test(name)) paths.add(join(folder, name))
  for (const root of [join(homedir(), '.pyenv', 'versions'), join(homedir(), '.local', 'share', 'uv', 'python')])
    for (const name of await entries(root))
      if (/^(cpython-)?3\.\d+/.test(name)) paths.add(join(root, name, 'bin', 'python3'))
  const list: Interpreter[] = []
  const tried = await Promise.all([...paths].map(probe))
  for (const each of tried)
    if (each && !list.some((known) => known.prefix === each.prefix && known.version === each.version)) list.push(each)
  return list.sort((one, other) => Number(one.version.split('.')[1]) - Number(other.version.split('.')[1]))
}

const question =
  'import os,sys;b=sys.base_prefix;v=".".join(map(str,sys.version_info[:3]));' +
  'c=[os.path.join(b,"bin","python%d.%d"%sys.version_info[:2]),getattr(sys,"_base_executable",None) or sys.executable];' +
  'e=[p for p in c if os.path.exists(p)];print("\\n".join([os.path.realpath((e+[sys.executable])[0]),b,v]))'

/** Asks a Python who it is; one of a virtual environment names its base. */
async function probe(path: string): Promise<Interpreter | undefined> {
  try {
    const { stdout } = await promisify(execFile)(path, ['-I', '-c', question], { timeout: 10_000 })
    const [executable, prefix, version] = stdout.trim().split('\n')
    if (!executable || !prefix || !version?.startsWith('3.')) return undefined
    return { executable, prefix, version }
  } catch {
    return undefined
  }
}

async function entries(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => [])
}

import { spawn } from 'node:child_process'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Confine, EnvironmentBuildFailed } from './environments.ts'
import type { Interpreter } from './interpreters.ts'
import type { PackageIndex } from './package-index.ts'
import { isSystem } from './stored.ts'
import { uvProgram } from './uv.ts'

/** What a build needs. */
export interface BuildOptions {
  readonly directory: string
  readonly tools: string
  readonly index: PackageIndex
  readonly confine: Confine
  readonly interpreter: Interpreter
  readonly requirements: readonly string[]
  readonly target: string
  readonly tell: (text: string) => void
}

const limitMs = 30 * 60_000

/**
 * Builds a virtual environment at its final place. Without packages the standard library does it alone, so a bare
 * image needs neither uv nor a network.
 *
 * @throws EnvironmentBuildFailed
 */
export async function buildEnvironment(options: BuildOptions): Promise<{ readonly scripts: Record<string, string> }> {
  const { interpreter, requirements, target, tell } = options
  await mkdir(target, { recursive: true, mode: 0o755 })
  const began = Date.now()
  if (requirements.length === 0) await run(options, [interpreter.executable, '-m', 'venv', target], {})
  else await install(options)
  tell(`environment ready in ${((Date.now() - began) / 1000).toFixed(1)} s\n`)
  return { scripts: await scriptsOf(target) }
}

async function install(options: BuildOptions): Promise<void> {
  const { directory, interpreter, requirements, target, index, tell } = options
  const file = join(target, 'requirements.txt')
  await writeFile(file, `${[...requirements, ...seeds(requirements)].join('\n')}\n`)
  tell(`${requirements.map((line) => `  ${line}`).join('\n')}\n`)
  const python = join(target, 'bin', 'python')
  // uv itself needs Python 3.8; older ones are served by their own pip.
  const uv = Number(interpreter.version.split('.')[1]) >= 8 ? await uvProgram(options) : undefined
  if (!uv) {
    await run(options, [interpreter.executable, '-m', 'venv', '--clear', target], {})
    await writeFile(file, `${requirements.join('\n')}\n`)
    return run(options, [python, '-m', 'pip', 'install', '--no-input', '-r', file], index.pip)
  }
  const cache = join(directory, 'cache')
  await mkdir(cache, { recursive: true, mode: 0o755 })
  const variables = {
    ...index.uv,
    UV_CACHE_DIR: cache,
    UV_LINK_MODE: 'hardlink',
    UV_PYTHON_DOWNLOADS: 'never',
    UV_NO_PROGRESS: '1',
    // As pip does: the best version of all indexes, not of the first that knows the name.
    UV_INDEX_STRATEGY: index.uv.UV_INDEX_STRATEGY ?? 'unsafe-best-match',
  }
  await run(options, [uv, 'venv', '--allow-existing', '--python', interpreter.executable, target], variables)
  await run(options, [uv, 'pip', 'install', '--python', python, '-r', file], variables)
}

/** What conda puts into every environment beside what was asked: jobs count on pip, older packages on pkg_resources. */
const seeds = (requirements: readonly string[]): readonly string[] =>
  ['pip', 'setuptools<81', 'wheel'].filter((seed) => {
    const name = seed.match(/^\w+/)?.[0] ?? ''
    return !requirements.some((line) => new RegExp(`^${name}(?![\\w-])`, 'i').test(line))
  })

/** Runs one step confined; its output goes to the build log as it comes. */
async function run(
  options: BuildOptions,
  command: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  const { directory, tools, interpreter, index, confine, tell, target } = options
  const folders: string[] = []
  const certificates = [index.network.SSL_CERT_FILE, index.network.SSL_CERT_DIR].filter((path) => path !== undefined)
  for (const path of [interpreter.prefix, tools, ...index.files, ...certificates])
    if (!isSystem(path) && (await stat(path).catch(() => undefined))) folders.push(path)
  const [program = '', ...args] = confine({
    command,
    cwd: target,
    readable: folders,
    writable: [{ source: directory, target: directory }],
  })
  tell(`$ ${command.map((word) => (word.startsWith('/') ? word.slice(word.lastIndexOf('/') + 1) : word)).join(' ')}\n`)
  const child = spawn(program, args, {
    cwd: target,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: target, LANG: 'C.UTF-8', ...index.network, ...variables },
    timeout: limitMs,
    killSignal: 'SIGKILL',
  })
  let last = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      last = (last + text).slice(-2000)
      tell(text)
    })
  const status = await new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) =>
      resolve(code === 0 ? undefined : signal ? `signal ${signal}` : `status ${code}`),
    )
  })
  if (status === undefined) return
  const hint = /ensurepip/.test(last) ? ' (on Debian and Ubuntu: install python3-venv)' : ''
  throw new EnvironmentBuildFailed(`The environment could not be built: ${status}${hint}. ${last.trim()}`)
}

/** Console scripts without the line that names their Python: each job's layer gives them one of its own. */
async function scriptsOf(target: string): Promise<Record<string, string>> {
  const bin = join(target, 'bin')
  const scripts: Record<string, string> = {}
  for (const name of await readdir(bin)) {
    const path = join(bin, name)
    const found = await stat(path).catch(() => undefined)
    if (!found?.isFile() || found.size > 65_536) continue
    const text = await readFile(path, 'utf8')
    const body = text.match(/^#!(?:\/bin\/sh\n'''exec' [^\n]*\n' '''|[^\n]*\/bin\/python[\d.]*)\n([\s\S]*)$/)?.[1]
    if (body !== undefined) scripts[name] = body
  }
  return scripts
}

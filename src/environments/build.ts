import { spawn } from 'node:child_process'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { BuildContext } from './dockerfile/context.ts'
import { imageRoot } from './dockerfile/image-state.ts'
import { type Confine, EnvironmentBuildFailed } from './environments.ts'
import type { Interpreter } from './interpreters.ts'
import type { PackageIndex } from './package-index.ts'
import type { Plan } from './plan.ts'
import { isSystem } from './stored.ts'
import { uvProgram } from './uv.ts'

/** What a build needs. */
export interface BuildOptions {
  readonly directory: string
  readonly tools: string
  readonly index: PackageIndex
  readonly confine: Confine
  readonly interpreter: Interpreter
  readonly plan: Plan
  /** Where a Dockerfile's files come from. */
  readonly context?: BuildContext
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
  const { interpreter, plan, target, tell } = options
  await mkdir(target, { recursive: true, mode: 0o755 })
  const began = Date.now()
  await placeFiles(options)
  if (isBare(plan)) await run(options, [interpreter.executable, '-m', 'venv', target], {})
  else await install(options)
  tell(`environment ready in ${((Date.now() - began) / 1000).toFixed(1)} s\n`)
  return { scripts: await scriptsOf(target) }
}

/** Whether nothing is installed. */
export const isBare = ({ requirements, steps }: Plan): boolean => requirements.length === 0 && steps.length === 0

/** Lays out what a Dockerfile copies: jobs see it, and what it installs may be among it. */
async function placeFiles({ plan, context, target }: BuildOptions): Promise<void> {
  for (const { path, source } of plan.files) {
    const place = join(target, 'image', path)
    await mkdir(source === undefined ? place : dirname(place), { recursive: true })
    if (source !== undefined) await context?.place(source, place)
  }
}

async function install(options: BuildOptions): Promise<void> {
  const { directory, interpreter, plan, target, index } = options
  const { requirements } = plan
  const python = join(target, 'bin', 'python')
  // uv itself needs Python 3.8; older ones are served by their own pip.
  const uv = Number(interpreter.version.split('.')[1]) >= 8 ? await uvProgram(options) : undefined
  if (!uv) {
    await run(options, [interpreter.executable, '-m', 'venv', '--clear', target], {})
    for (const words of await calls(options, requirements))
      await run(options, [python, '-m', 'pip', 'install', '--no-input', ...words], index.pip)
    return
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
  for (const words of await calls(options, [...requirements, ...seeds(requirements)]))
    await run(options, [uv, 'pip', 'install', '--python', python, ...words], variables)
}

/** The installer's calls, one after the other: what the environment names, then what its Dockerfile adds. */
async function calls(
  { plan, target, tell }: BuildOptions,
  requirements: readonly string[],
): Promise<readonly (readonly string[])[]> {
  const image = join(target, 'image')
  const lines = (texts: readonly string[]) => texts.map((text) => `${text.replace(imageRoot, image)}\n`).join('')
  const all = [{ requirements, constraints: [], options: [] }, ...plan.steps]
  return Promise.all(
    all
      .filter((step) => step.requirements.length > 0)
      .map(async (step, at) => {
        tell(step.requirements.map((line) => `  ${line.replace(imageRoot, '')}\n`).join(''))
        const number = at === 0 ? '' : `-${at}`
        const file = join(target, `requirements${number}.txt`)
        await writeFile(file, lines(step.requirements))
        const bounds = [...plan.constraints, ...step.constraints]
        if (bounds.length === 0) return ['-r', file, ...step.options]
        const constraints = join(target, `constraints${number}.txt`)
        await writeFile(constraints, lines(bounds))
        return ['-r', file, '-c', constraints, ...step.options]
      }),
  )
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

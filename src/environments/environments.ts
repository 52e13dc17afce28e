import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Blobs } from '../blobs/blobs.ts'
import type { EnvironmentSpec } from '../compute/engine.ts'
import { buildEnvironment, isBare } from './build.ts'
import { backgroundCompiler } from './compile.ts'
import type { BuildContext } from './dockerfile/context.ts'
import { openContext } from './dockerfile/open-context.ts'
import { placesOf } from './dockerfile/places.ts'
import { findInterpreter, type Interpreter } from './interpreters.ts'
import type { PackageIndex } from './package-index.ts'
import { type Plan, planOf } from './plan.ts'
import { readStored, type Stored } from './stored.ts'
import { hasSystemPackage } from './system-packages.ts'

/** A Python environment that stands on this machine and is never changed again. */
export interface BuiltEnvironment {
  readonly directory: string
  readonly interpreter: Interpreter
  readonly sitePackages: string
  /** What a job must be able to read for it. */
  readonly readable: readonly string[]
  /** Console scripts without their first line, by name. */
  readonly scripts: Readonly<Record<string, string>>
  /** What a Dockerfile sets; the job's own variables win. */
  readonly variables: Readonly<Record<string, string>>
  /** What a Dockerfile copies, and where a job sees it. */
  readonly shown: readonly { readonly source: string; readonly target: string }[]
  /** What could not be honoured to the letter, in words for the job's log. */
  readonly notes: readonly string[]
}

/** Turns what an environment version says into a Python environment, built once however many jobs ask. */
export interface Environments {
  /**
   * The environment, built now if it never was. `log` is told the build's output while it goes on, also by a caller
   * who joins a build; it is not called when nothing has to be built.
   *
   * @throws EnvironmentBuildFailed
   */
  ensure(spec: EnvironmentSpec, log: (text: string) => unknown): Promise<BuiltEnvironment>
  /** Ends what goes on in the background; builds that jobs wait for go on. May be called twice. */
  stop(): Promise<void>
}

/** An environment that can't be had here; the message is for its owner. */
export class EnvironmentBuildFailed extends Error {
  override readonly name = 'EnvironmentBuildFailed'
}

/** An environment that is kept for the next job. */
export interface CachedEnvironment {
  readonly key: string
  readonly python: string
  /** The lines that were asked of the installer. */
  readonly packages: readonly string[]
  /** When a job asked for it last. */
  readonly usedAt: Date
  readonly bytes: number
  /** Of them, what isn't shared with the installer's downloads and other environments. */
  readonly own: number
  /** A process runs in it, or may be about to. */
  readonly inUse: boolean
}

/** What was built and is kept. */
export interface EnvironmentCache {
  list(): Promise<readonly CachedEnvironment[]>
  remove(key: string): Promise<void>
  /** Bytes that the installer keeps of what it downloaded. */
  downloads(): Promise<number>
  removeDownloads(): Promise<void>
}

/** A command as it runs confined: what it may read and write. */
export type Confine = (confined: {
  readonly command: readonly string[]
  readonly cwd: string
  readonly readable: readonly string[]
  readonly writable: readonly { readonly source: string; readonly target: string }[]
}) => readonly string[]

/** What environments are built with. */
export interface EnvironmentsOptions {
  /** `DATA/environments`: the environments and uv's cache, on one file system for hard links. */
  readonly directory: string
  /** `DATA/tools`: uv itself. */
  readonly tools: string
  /** Build with what the machine has where the asked interpreter or image is lacking. */
  readonly allowSubstitute: boolean
  readonly index: PackageIndex
  /** Where build contexts lie; without it a Dockerfile is refused. */
  readonly blobs?: Pick<Blobs, 'list' | 'read' | 'materialise'>
  /** Source packages run their own code while they are built, so builds are confined like jobs. */
  readonly confine: Confine
}

/** Python environments by content: the same packages for the same interpreter are one environment. */
export function pythonEnvironments(options: EnvironmentsOptions): Environments {
  const known = new Map<string, BuiltEnvironment>()
  const building = new Map<string, Build>()
  const compiler = backgroundCompiler(options.confine)

  return {
    async ensure(spec, log) {
      const context = spec.buildContext && options.blobs && (await openContext(options.blobs, spec.buildContext))
      const { allowSubstitute } = options
      const plan = await planOf(spec, { allowSubstitute, hasSystemPackage, ...(context && { context }) })
      const { interpreter, notes } = await findInterpreter(plan.python, {
        allowSubstitute: options.allowSubstitute,
        searchPath: options.index.searchPath,
      })
      const key = keyOf(interpreter, plan)
      const withNotes = (built: BuiltEnvironment): BuiltEnvironment => {
        if (!isBare(plan)) compiler.begin(built)
        // For `lazuli env-cache`; that it can't be noted is nobody's harm.
        const now = new Date()
        void utimes(join(options.directory, key, 'current.json'), now, now).catch(() => undefined)
        const shown = placesOf(plan.files).map((path) => ({
          source: join(built.directory, 'image', path),
          target: path,
        }))
        return { ...built, shown, variables: plan.variables, notes: [...plan.notes, ...notes] }
      }
      const there = known.get(key) ?? (await stored(key))
      if (there && (await isThere(there))) return withNotes(there)
      known.delete(key)
      let build = building.get(key)
      if (!build) {
        build = startBuild(key, interpreter, { plan, ...(context && { context }) })
        building.set(key, build)
      }
      for (const line of [...plan.notes, ...notes]) log(`${line}\n`)
      build.join(log)
      return withNotes(await build.done)
    },
    stop: compiler.stop,
  }

  async function stored(key: string): Promise<BuiltEnvironment | undefined> {
    const found = await readStored(join(options.directory, key))
    if (found) known.set(key, found)
    return found
  }

  function startBuild(key: string, interpreter: Interpreter, of: Building): Build {
    const listeners: ((text: string) => unknown)[] = []
    let text = ''
    const tell = (part: string) => {
      text += part
      for (const listener of listeners) listener(part)
    }
    const done = build(key, interpreter, { ...of, tell }).finally(() => building.delete(key))
    return {
      done,
      join(listener) {
        if (text !== '') listener(text)
        listeners.push(listener)
      },
    }
  }

  /**
   * A virtual environment holds its own path, so it can't be built elsewhere and moved. Each attempt therefore has a
   * folder of its own, and a file written last says which attempt counts: a crash leaves only a folder to remove.
   */
  async function build(
    key: string,
    interpreter: Interpreter,
    of: Building & { readonly tell: (text: string) => void },
  ): Promise<BuiltEnvironment> {
    const folder = join(options.directory, key)
    const attempt = randomBytes(4).toString('hex')
    await mkdir(folder, { recursive: true, mode: 0o755 })
    // What an orphan of a crashed server still writes to can't always be removed; it is in nobody's way.
    for (const name of await readdir(folder))
      await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined)
    const facts = await buildEnvironment({ ...options, ...of, interpreter, target: join(folder, attempt) })
    const record: Stored = { attempt, interpreter, ...facts }
    await writeFile(join(folder, 'current.json.new'), JSON.stringify(record), { flush: true })
    await rename(join(folder, 'current.json.new'), join(folder, 'current.json'))
    const built = await stored(key)
    if (!built) throw new EnvironmentBuildFailed('The environment vanished while it was built.')
    return built
  }
}

interface Build {
  readonly done: Promise<BuiltEnvironment>
  join(listener: (text: string) => unknown): void
}

/** What is built, and the files it is built with. */
interface Building {
  readonly plan: Plan
  readonly context?: BuildContext
}

/** By content. What a plan doesn't have is left out, so that environments of earlier versions are still found. */
const keyOf = (interpreter: Interpreter, { requirements, constraints, steps, files }: Plan): string =>
  createHash('sha256')
    .update(
      JSON.stringify({
        format: 1,
        interpreter,
        requirements,
        ...(constraints.length > 0 && { constraints }),
        ...(steps.length > 0 && { steps }),
        ...(files.length > 0 && { files: files.map(({ path, mark }) => [path, mark]) }),
      }),
    )
    .digest('hex')
    .slice(0, 32)

/** An interpreter may have been removed from the machine since; then the environment is a set of broken links. */
async function isThere(built: BuiltEnvironment): Promise<boolean> {
  const found = await Promise.all(
    [built.interpreter.executable, built.sitePackages].map((path) => stat(path).catch(() => undefined)),
  )
  return found.every((each) => each !== undefined)
}

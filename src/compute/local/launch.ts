import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BuiltEnvironment } from '../../environments/environments.ts'
import { layEnvironment } from '../../environments/layer.ts'
import type { JobSpec } from '../engine.ts'
import { dataVariables, type Fillings, fillBlanks, inShell } from './blanks.ts'
import type { JobFolder } from './job-files.ts'
import type { Sandbox } from './sandbox.ts'

/** launch.json: what the runner needs, and nothing it has to look up. */
export interface Launch {
  readonly command: readonly string[]
  readonly cwd: string
  readonly environment: Readonly<Record<string, string>>
  readonly sandboxed: boolean
  readonly timeoutSeconds?: number
  readonly graceSeconds: number
  readonly cpus: readonly number[]
  readonly cgroups: readonly string[]
  readonly addressSpaceBytes?: number
  /** The Python that runs the runner. */
  readonly interpreter: string
}

/** Where a job's parts lie below its work folder; as on Azure's nodes. */
export const places = {
  code: 'exe/wd',
  data: 'cap/data-capability/wd',
  home: 'home',
  temporary: 'tmp',
  layer: 'env',
} as const

/** The folders of a job's working directory whose files are kept with its run. */
export const kept = ['outputs', 'logs'] as const

/** What `launchOf` puts together. */
export interface LaunchParts {
  readonly spec: JobSpec
  readonly folder: JobFolder
  readonly sandbox: Sandbox
  readonly environment: BuiltEnvironment
  /** Paths below the data place, or texts, by name. */
  readonly inputs: Readonly<Record<string, { readonly path: string } | { readonly text: string }>>
  readonly outputs: Readonly<Record<string, string>>
  readonly cpus: readonly number[]
  readonly cgroups: readonly string[]
  readonly addressSpaceBytes?: number
  readonly graceSeconds: number
  /** Files outside the job's folder that it may read: the certificate bundle. */
  readonly readable: readonly string[]
  /** Variables that every job gets: the user's package index. */
  readonly variables: Readonly<Record<string, string>>
}

/** Puts a job's command together. @throws UnknownBlank */
export async function launchOf(parts: LaunchParts): Promise<Launch> {
  const { spec, folder, sandbox, environment } = parts
  const inside = sandbox.folderInside(folder.work, folder.name)
  const data = (path: string) => inShell(join(inside, places.data, path))
  const fillings: Fillings = {
    inputs: mapValues(parts.inputs, (input) => ('text' in input ? input.text : data(input.path))),
    outputs: mapValues(parts.outputs, data),
  }
  for (const part of [places.home, places.temporary, places.code])
    await mkdir(join(folder.work, part), { recursive: true })
  // A job may write there without making them, as on Azure's nodes; its code may have something there already.
  for (const name of kept) await mkdir(join(folder.work, places.code, name)).catch(unlessThere)
  const script = fillBlanks(spec.command, fillings)
  const layer = await layEnvironment(environment, join(folder.work, places.layer), join(inside, places.layer))
  const temporary = sandbox.kind === 'none' ? join(inside, places.temporary) : '/tmp'
  const writable = [{ source: folder.work, target: inside }]
  if (sandbox.kind !== 'none') writable.push({ source: join(folder.work, places.temporary), target: '/tmp' })
  const memoryGroup = parts.cgroups.find((group) => group.startsWith('/sys/fs/cgroup/memory/'))
  const cwd = join(inside, places.code)
  return {
    command: sandbox.wrap({
      command: ['/bin/bash', '-c', script],
      cwd,
      readable: [...environment.readable, ...parts.readable],
      writable,
      shown: memoryGroup ? [{ source: memoryGroup, target: '/sys/fs/cgroup/memory' }] : [],
    }),
    cwd: sandbox.kind === 'none' ? cwd : '/',
    environment: {
      ...parts.variables,
      HOME: join(inside, places.home),
      TMPDIR: temporary,
      LANG: 'C.UTF-8',
      SHELL: '/bin/bash',
      USER: 'azureml',
      // Without it a job's lines stay in Python's buffer and its log isn't live.
      PYTHONUNBUFFERED: '1',
      ...spec.environment.variables,
      ...spec.variables,
      ...dataVariables(spec.inputs, spec.outputs, fillings),
      PATH: [
        ...layer.path,
        spec.variables.PATH ??
          spec.environment.variables.PATH ??
          '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      ].join(':'),
      VIRTUAL_ENV: join(inside, places.layer),
    },
    sandboxed: sandbox.kind !== 'none',
    ...(spec.timeoutSeconds === undefined ? {} : { timeoutSeconds: spec.timeoutSeconds }),
    graceSeconds: parts.graceSeconds,
    cpus: parts.cpus,
    cgroups: parts.cgroups,
    ...(parts.addressSpaceBytes === undefined ? {} : { addressSpaceBytes: parts.addressSpaceBytes }),
    interpreter: environment.interpreter.executable,
  }
}

const runner = fileURLToPath(new URL('../../../python/runner.py', import.meta.url))

/**
 * Starts the detached runner of a job. It may be started again when nobody knows whether the first one lives: a lock
 * in the job's folder lets only one of them work.
 */
export async function startRunner(
  folder: JobFolder,
  interpreter: string,
  failed: (error: Error) => void,
): Promise<void> {
  const child = spawn(interpreter, ['-I', '-S', runner, folder.run], {
    detached: true,
    stdio: 'ignore',
    cwd: folder.root,
    env: {},
  })
  child.once('error', failed)
  child.unref()
}

/** Writes launch.json, which holds the job's tokens: readable by the server's user alone, gone when the job ends. */
export const writeLaunch = (folder: JobFolder, launch: Launch): Promise<void> =>
  writeFile(join(folder.run, 'launch.json'), JSON.stringify(launch), { mode: 0o600 })

const mapValues = <From, To>(from: Readonly<Record<string, From>>, to: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(from).map(([name, value]) => [name, to(value)]))

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}

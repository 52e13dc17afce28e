import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { removeFolder } from '../../host/files.ts'
import type { MemoryLimiter } from '../../host/limits.ts'
import { startRunner } from '../../host/runner.ts'
import type { Sandbox } from '../../host/sandbox.ts'
import type { DeploymentSpec } from '../engine.ts'
import { socketName } from './connection.ts'
import { inside, type ProcessFolder, type VersionFolder } from './places.ts'
import type { Prepared } from './prepare.ts'

const program = fileURLToPath(new URL('../../../python/serving', import.meta.url))

/** What a process may use; all processes of an instance share one control group. */
export interface ProcessShare {
  readonly cpus: readonly number[]
  readonly group: string
  readonly memoryBytes: number
}

export interface LaunchDeps {
  readonly sandbox: Sandbox
  readonly limiter: MemoryLimiter
  readonly readable: readonly string[]
  readonly variables: Readonly<Record<string, string>>
  /** How long a worker waits for a server that is gone. */
  readonly orphanSeconds: number
}

/** Between SIGTERM and SIGKILL: what a script may do at its end. */
const GRACE_SECONDS = 3

/** Starts one process of a version. What an earlier one of this folder left, but for its log, is gone before. */
export async function launchProcess(
  deps: LaunchDeps,
  of: { readonly spec: DeploymentSpec; readonly prepared: Prepared; readonly version: VersionFolder },
  to: {
    readonly folder: ProcessFolder
    readonly share: ProcessShare
    readonly failed: (error: Error) => void
  },
): Promise<void> {
  const { folder, share } = to
  await Promise.all([clearRun(folder), removeFolder(folder.temporary)])
  await Promise.all(
    [folder.run, join(folder.own, 'home'), folder.temporary].map((path) =>
      mkdir(path, { recursive: true, mode: 0o700 }),
    ),
  )
  const group = deps.limiter.prepare(share.group, share.memoryBytes)
  await writeFile(join(folder.run, 'launch.json'), JSON.stringify(launchOf(deps, of, { ...to, group })), {
    mode: 0o600,
  })
  startRunner(of.prepared.interpreter, folder.run, to.failed)
}

/** The runner's files say how a process of this folder is; a new one begins without them. */
export async function clearRun(folder: ProcessFolder): Promise<void> {
  const names = ['pid.json', 'started.json', 'exit.json', 'lock', 'cancel', 'launch.json']
  await Promise.all([
    ...names.map((name) => rm(join(folder.run, name), { force: true })),
    ...[socketName, 'failure.json'].map((name) => rm(join(folder.own, name), { force: true })),
  ])
}

function launchOf(
  { sandbox, variables, readable, orphanSeconds }: LaunchDeps,
  { spec, prepared, version }: Parameters<typeof launchProcess>[1],
  {
    folder,
    share,
    group,
  }: {
    readonly folder: ProcessFolder
    readonly share: ProcessShare
    readonly group: { readonly cgroups: readonly string[]; readonly addressSpaceBytes?: number }
  },
) {
  const confined = sandbox.kind !== 'none'
  const own = confined ? inside.own : folder.own
  // What the user sets goes before what describes the place, but for where the parts are.
  const given: Readonly<Record<string, string>> = {
    ...prepared.image?.variables,
    ...spec.environment?.variables,
    ...spec.variables,
  }
  return {
    command: sandbox.wrap({
      command: [join(prepared.variables.VIRTUAL_ENV ?? '', 'bin', 'python'), join(program, 'main.py')],
      cwd: prepared.cwd,
      readable: [...prepared.readable, ...readable, program],
      writable: [
        { source: version.app, target: inside.app },
        { source: version.layer, target: inside.layer },
        { source: folder.own, target: inside.own },
        ...(confined ? [{ source: folder.temporary, target: '/tmp' }] : []),
      ],
      shown: [...(prepared.image?.shown ?? []), { source: version.models, target: inside.models }],
    }),
    cwd: confined ? '/' : prepared.cwd,
    environment: {
      ...variables,
      LANG: 'C.UTF-8',
      SHELL: '/bin/bash',
      USER: 'azureml',
      HOME: join(own, 'home'),
      TMPDIR: confined ? '/tmp' : folder.temporary,
      PYTHONUNBUFFERED: '1',
      ...given,
      PATH: [...prepared.path, given.PATH ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'].join(':'),
      ...prepared.variables,
      LAZULI_WORKER: JSON.stringify({
        flavour: spec.flavour.kind,
        folder: own,
        socket: socketName,
        orphanSeconds,
        ...(spec.collector && {
          collector: {
            collections: Object.fromEntries(
              spec.collector.collections.map(({ name, samplingRate }) => [name, samplingRate]),
            ),
            rollingRate: spec.collector.rollingRate,
            captureHeaders: spec.collector.captureHeaders,
            source: spec.id,
          },
        }),
      }),
    },
    sandboxed: confined,
    graceSeconds: GRACE_SECONDS,
    cpus: share.cpus,
    ...group,
  }
}

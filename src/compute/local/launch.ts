import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BuiltEnvironment } from '../../environments/environments.ts'
import { layEnvironment } from '../../environments/layer.ts'
import type { Sandbox } from '../../host/sandbox.ts'
import type { DriverSpec, JobSpec } from '../engine.ts'
import { dataVariables, type Fillings, fillBlanks, inShell } from './blanks.ts'
import type { JobFolder } from './job-files.ts'
import { type ProcessPlan, processesOf } from './processes.ts'

/** launch.json: what the runner needs, and nothing it has to look up. */
export interface Launch {
  /** In the order of their ranks; the first that fails ends all. */
  readonly processes: readonly Process[]
  /** What all of them get. */
  readonly environment: Readonly<Record<string, string>>
  readonly sandboxed: boolean
  readonly timeoutSeconds?: number
  readonly graceSeconds: number
  /** The Python that runs the runner. */
  readonly interpreter: string
}

interface Process {
  readonly command: readonly string[]
  readonly cwd: string
  readonly log: string
  /** Those that don't are ended when all that do have ended. */
  readonly leads: boolean
  readonly environment: Readonly<Record<string, string>>
  readonly cpus: readonly number[]
  readonly cgroups: readonly string[]
  readonly addressSpaceBytes?: number
}

/** What a node gives to its processes. */
export interface NodeShare {
  readonly cpus: readonly number[]
  readonly cgroups: readonly string[]
  readonly addressSpaceBytes?: number
}

/** Where a job's parts lie below its work folder; as on Azure's nodes. */
export const places = {
  code: 'exe/wd',
  data: 'cap/data-capability/wd',
  home: 'home',
  temporary: 'tmp',
  layer: 'env',
} as const

/** The folder of a job's node: the first has the job's own, where data lies for all of them, as on a mount. */
export const nodeFolder = (work: string, node: number): string =>
  node === 0 ? work : join(work, 'nodes', String(node))

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
  readonly outputs: Readonly<Record<string, { readonly path: string } | { readonly text: string }>>
  /** By the job's own numbers of its nodes. */
  readonly nodes: readonly NodeShare[]
  /** Free ones, as many as `portsOf` asks for. */
  readonly ports: readonly number[]
  readonly graceSeconds: number
  /** Files outside the job's folder that it may read: the certificate bundle. */
  readonly readable: readonly string[]
  /** Variables that every job gets: the user's package index. */
  readonly variables: Readonly<Record<string, string>>
}

/** Puts the commands of a job's processes together. @throws UnknownBlank */
export async function launchOf(parts: LaunchParts): Promise<Launch> {
  const { spec, folder, sandbox, environment } = parts
  const inside = sandbox.folderInside(folder.work, folder.name)
  const data = (path: string) => inShell(join(inside, places.data, path))
  const text = (value: { readonly path: string } | { readonly text: string }) =>
    'text' in value ? value.text : data(value.path)
  const fillings: Fillings = { inputs: mapValues(parts.inputs, text), outputs: mapValues(parts.outputs, text) }
  const command = fillBlanks(spec.command, fillings)
  const nodes = await Promise.all(parts.nodes.map((share, index) => layNode(parts, inside, { share, index })))
  const plans = processesOf(spec, parts.ports)
  return {
    processes: plans.map((plan) => processOf(parts, { plan, nodes, inside, command: plan.script(command) })),
    environment: {
      ...parts.variables,
      LANG: 'C.UTF-8',
      SHELL: '/bin/bash',
      USER: 'azureml',
      // Without it a job's lines stay in Python's buffer and its log isn't live.
      PYTHONUNBUFFERED: '1',
      ...environment.variables,
      ...spec.environment.variables,
      ...spec.variables,
      ...dataVariables(spec.inputs, spec.outputs, fillings),
      ...(spec.driver && {
        LAZULI_DRIVER: driverFolder(spec.driver),
        LAZULI_DRIVER_SETTINGS: JSON.stringify(spec.driver.settings),
      }),
    },
    sandboxed: sandbox.kind !== 'none',
    ...(spec.timeoutSeconds === undefined ? {} : { timeoutSeconds: spec.timeoutSeconds }),
    graceSeconds: parts.graceSeconds,
    interpreter: environment.interpreter.executable,
  }
}

const driverFolder = ({ name }: DriverSpec): string =>
  fileURLToPath(new URL(`../../../python/${name}`, import.meta.url))

/** A node as its processes see it. */
interface LaidNode {
  readonly share: NodeShare
  /** Its folder on this machine, and as its processes name it. */
  readonly folder: string
  readonly inside: string
  readonly path: readonly string[]
}

/** Makes the folders of a node. In a sandbox every node's are called alike; without one each has its own name. */
async function layNode(
  { folder: { work }, sandbox, environment }: LaunchParts,
  inside: string,
  { share, index }: { readonly share: NodeShare; readonly index: number },
): Promise<LaidNode> {
  const folder = nodeFolder(work, index)
  const own = sandbox.kind === 'none' ? folder : inside
  for (const part of [places.home, places.temporary, places.code]) await mkdir(join(folder, part), { recursive: true })
  // A job may write there without making them, as on Azure's nodes; its code may have something there already.
  for (const name of kept) await mkdir(join(folder, places.code, name)).catch(unlessThere)
  const { path } = await layEnvironment(environment, join(folder, places.layer), join(own, places.layer))
  return { share, folder, inside: own, path }
}

function processOf(
  parts: LaunchParts,
  of: {
    readonly plan: ProcessPlan
    readonly nodes: readonly LaidNode[]
    readonly inside: string
    readonly command: string
  },
): Process {
  const { spec, folder, sandbox, environment } = parts
  const { plan, nodes, inside, command } = of
  const node = nodes[plan.node]
  if (!node) throw new Error(`a process on node ${plan.node} of ${nodes.length}`)
  const { share } = plan.spans ? { share: joined(nodes.map((each) => each.share)) } : node
  // What the job sets itself goes before what describes its place.
  const given: Readonly<Record<string, string>> = {
    ...environment.variables,
    ...spec.environment.variables,
    ...spec.variables,
  }
  const confined = sandbox.kind !== 'none'
  const memoryGroup = share.cgroups.find((group) => group.startsWith('/sys/fs/cgroup/memory/'))
  const cwd = join(node.inside, places.code)
  const own = (place: string) => ({ source: join(node.folder, place), target: join(inside, place) })
  return {
    command: sandbox.wrap({
      command: ['/bin/bash', '-c', command],
      cwd,
      readable: [...environment.readable, ...parts.readable, ...(spec.driver ? [driverFolder(spec.driver)] : [])],
      writable: [
        { source: folder.work, target: inside },
        ...(plan.node > 0 ? ['exe', places.home, places.layer].map(own) : []),
        ...(confined ? [{ source: join(node.folder, places.temporary), target: '/tmp' }] : []),
      ],
      shown: [...environment.shown, ...(memoryGroup ? [{ source: memoryGroup, target: '/sys/fs/cgroup/memory' }] : [])],
    }),
    cwd: confined ? '/' : cwd,
    log: plan.log,
    leads: plan.leads,
    environment: {
      ...without(given, {
        HOME: join(node.inside, places.home),
        TMPDIR: confined ? '/tmp' : join(node.inside, places.temporary),
        ...plan.variables,
        ...(plan.spans && { LAZULI_NODES: join(inside, 'nodes') }),
      }),
      PATH: [...node.path, given.PATH ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'].join(':'),
      VIRTUAL_ENV: join(node.inside, places.layer),
    },
    ...share,
  }
}

/** What several nodes give together, to a process that works on all of them. */
function joined(shares: readonly NodeShare[]): NodeShare {
  const [first = { cpus: [], cgroups: [] }] = shares
  const anyCpu = shares.some(({ cpus }) => cpus.length === 0)
  const bytes = shares.reduce((sum, { addressSpaceBytes = 0 }) => sum + addressSpaceBytes, 0)
  return {
    ...first,
    cpus: anyCpu ? [] : [...new Set(shares.flatMap(({ cpus }) => cpus))],
    ...(first.addressSpaceBytes !== undefined && { addressSpaceBytes: bytes }),
  }
}

/** Writes launch.json, which holds the job's tokens: readable by the server's user alone, gone when the job ends. */
export const writeLaunch = (folder: JobFolder, launch: Launch): Promise<void> =>
  writeFile(join(folder.run, 'launch.json'), JSON.stringify(launch), { mode: 0o600 })

const mapValues = <From, To>(from: Readonly<Record<string, From>>, to: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(from).map(([name, value]) => [name, to(value)]))

const without = (given: object, variables: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => !Object.hasOwn(given, name)))

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}

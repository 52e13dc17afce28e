import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import type { Blobs } from '../../blobs/blobs.ts'
import { type BuiltEnvironment, EnvironmentBuildFailed, type Environments } from '../../environments/environments.ts'
import { removeFolder } from '../../host/files.ts'
import { cpusOf, type Granted, type MemoryLimiter } from '../../host/limits.ts'
import type { Machine } from '../../host/machine.ts'
import type { Sandbox } from '../../host/sandbox.ts'
import type { JobSpec } from '../engine.ts'
import { UnknownBlank } from './blanks.ts'
import { materialise, placeInput, placeOutput } from './inputs.ts'
import type { JobFolder } from './job-files.ts'
import type { JobLogs } from './job-logs.ts'
import { type Launch, launchOf, nodeFolder, places, writeLaunch } from './launch.ts'
import type { Node } from './pool.ts'
import { PreparationFailed } from './preparation-failed.ts'
import { portsOf, processesOf, spansNodes } from './processes.ts'
import { systemError, type Verdict } from './verdict.ts'

/** What preparing works with; the same for all jobs. */
export interface PrepareDeps {
  readonly blobs: Blobs
  readonly environments: Environments
  readonly sandbox: Sandbox
  readonly limiter: MemoryLimiter
  readonly machine: Machine
  /** Files outside the job's folder that it may read: the certificate bundle. */
  readonly readable: readonly string[]
  /** Variables that every job gets: the user's package index. */
  readonly variables: Readonly<Record<string, string>>
  readonly graceSeconds: number
}

/** The job was asked to stop while it was being prepared. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
}

/**
 * Puts a job's environment, code and inputs in place and writes what the runner needs. Begins from nothing each time,
 * so it may be repeated after a crash.
 *
 * @throws EnvironmentBuildFailed, PreparationFailed, UnknownBlank, Stopped
 */
export async function prepareJob(
  deps: PrepareDeps,
  { spec, folder, logs }: { readonly spec: JobSpec; readonly folder: JobFolder; readonly logs: JobLogs },
  on: { readonly nodes: readonly Node[]; readonly granted: Granted; readonly stopped: Promise<never> },
): Promise<{ readonly launch: Launch; readonly warnings: readonly string[] }> {
  const { blobs, environments, limiter, sandbox } = deps
  const { nodes, granted } = on
  const data = join(folder.work, places.data)
  await removeFolder(folder.work)
  await mkdir(data, { recursive: true, mode: 0o755 })
  for (const index of nodes.keys()) await mkdir(join(nodeFolder(folder.work, index), places.code), { recursive: true })
  for (const node of nodes)
    logs.note(
      `node ${node.id}: granted ${granted.cpus} CPU and ${Math.floor(granted.memoryBytes / 2 ** 20)} MiB${granted.diskBytes === undefined ? '' : `, ${Math.floor(granted.diskBytes / 2 ** 20)} MiB of disk`} for vmSize ${spec.vmSize}; CPU is shared with other jobs`,
    )
  logs.note(limiter.description)
  logs.note(`isolation: ${sandbox.description}`)
  const [environment, inputs, outputs] = await allDone([
    // A long build is not waited for by a job that was cancelled; it goes on for those who need it next.
    Promise.race([environments.ensure(spec.environment, (text) => logs.write('image_build.log', text)), on.stopped]),
    allDone(spec.inputs.map(async (input) => [input.name, await placeInput(blobs, input, data)] as const)),
    allDone(spec.outputs.map(async (output) => [output.name, await placeOutput(output, data)] as const)),
    spec.code ? placeCode(blobs, spec.code, { work: folder.work, nodes: nodes.length }) : undefined,
  ])
  await demandPrograms(spec, environment)
  for (const line of environment.notes) logs.note(`environment: ${line}`)
  const launch = await launchOf({
    spec,
    folder,
    sandbox,
    environment,
    inputs: Object.fromEntries(inputs),
    outputs: Object.fromEntries(outputs),
    nodes: nodes.map((node, index) => ({
      cpus: cpusOf(node.index, granted.cpus, deps.machine),
      ...limiter.prepare(groupOf(folder, index), granted.memoryBytes * (spansNodes(spec) ? nodes.length : 1)),
    })),
    ports: await freePorts(portsOf(spec)),
    graceSeconds: deps.graceSeconds,
    readable: deps.readable,
    variables: deps.variables,
  })
  await writeLaunch(folder, launch)
  const warnings = environment.notes.filter((note) => note.startsWith('SUBSTITUTED'))
  if (sandbox.kind === 'none' && environment.shown.length > 0) {
    const hidden = environment.shown.map(({ target }) => target).join(', ')
    warnings.push(`SUBSTITUTED: without a sandbox the job does not see what its Dockerfile copies: ${hidden}`)
    logs.note(`environment: ${warnings.at(-1)}`)
  }
  return { launch, warnings }
}

/** The name of the control group of one of a job's nodes. */
export const groupOf = (folder: JobFolder, node: number): string =>
  node === 0 ? folder.name : `${folder.name}-${node}`

/** Each node has its own copy of the code, in which its processes work. */
async function placeCode(
  blobs: Blobs,
  code: NonNullable<JobSpec['code']>,
  { work, nodes }: { readonly work: string; readonly nodes: number },
): Promise<void> {
  for (let node = 0; node < nodes; node += 1)
    await materialise(blobs, code, join(nodeFolder(work, node), places.code), 'The code of the job is not stored.')
}

/** Refuses a job whose distribution needs a launcher that is nowhere. @throws PreparationFailed */
async function demandPrograms(spec: JobSpec, environment: BuiltEnvironment): Promise<void> {
  for (const { needs } of processesOf(spec, [])) {
    if (!needs || Object.hasOwn(environment.scripts, needs.program)) continue
    const folders = [join(environment.directory, 'bin'), '/usr/local/bin', '/usr/bin', '/bin']
    if (folders.some((path) => existsSync(join(path, needs.program)))) continue
    throw new PreparationFailed(
      'UserError',
      `The distribution ${spec.distribution?.kind} needs '${needs.program}' of ${needs.of}, which is neither in the job's environment nor on this machine.`,
    )
  }
}

/** Ports that nothing listens on now. They are held together, so that none is answered twice. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await once(server.listen(0, '127.0.0.1'), 'listening')
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

/** What a failure to prepare tells the job's owner; undefined for what is nobody's fault but ours. */
export function preparationVerdict(error: unknown): Verdict | undefined {
  if (error instanceof EnvironmentBuildFailed)
    return { status: 'Failed', error: { code: 'ImageBuildFailure', message: error.message } }
  if (error instanceof PreparationFailed)
    return { status: 'Failed', error: { code: error.code, message: error.message } }
  if (error instanceof UnknownBlank) return { status: 'Failed', error: { code: 'UserError', message: error.message } }
  return undefined
}

/** As `preparationVerdict`, for everything else. */
export const unexpected = (error: unknown): Verdict => ({
  status: 'Failed',
  error: systemError(`The job could not be prepared: ${error instanceof Error ? error.message : error}.`),
})

type Done<Work extends readonly unknown[]> = { -readonly [Index in keyof Work]: Awaited<Work[Index]> }

/** All of them, or the first failure once none is at work any more: nothing may still write while the job ends. */
async function allDone<const Work extends readonly unknown[]>(work: Work): Promise<Done<Work>> {
  const failed = (await Promise.allSettled(work)).find((each) => each.status === 'rejected')
  if (failed) throw failed.reason
  return Promise.all(work)
}

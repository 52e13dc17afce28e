import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../test/support/server.ts'
import type { ServingWorld } from './serving-world.ts'
import type { Row } from './table.ts'

const COUNT = 1_000
/** So many are made at once. */
const AT_ONCE = 8
const scaleSettings = { scaleType: 'TargetUtilization', minInstances: 0, maxInstances: 1 }
const soonIdle = { scaleSettings, properties: { 'lazuli.idleTimeBeforeScaleToZero': 'PT1S' } }
const SAYS = 'def init(): pass\ndef run(data): return [0]\n'

/** A gauge of the server, summed over what it stands for. */
async function gauge({ server }: ServingWorld, name: string, of = ''): Promise<number> {
  const token = readFileSync(join(server.data, 'owner-token'), 'utf8').trim()
  const { text } = await server.ask('/metrics', { token })
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && line.includes(of))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

/** The first answer of a deployment that had no process left: of a bare script, and of scikit-learn beside its own start. */
export async function restoredFromZero(world: ServingWorld): Promise<readonly Row[]> {
  const bare = await restored(world, 'bare', await world.online.deploymentBody(SAYS, soonIdle))
  const sklearn = await restored(world, 'sklearn', await world.script(soonIdle))
  const alone = world.bareStart()
  await world.trafficTo('one')
  return [
    {
      what: 'first answer from zero instances (median of 3)',
      ours: `${bare.toFixed(0)} ms`,
      goal: '1000 ms',
      met: bare < 1000,
    },
    {
      what: 'the same with scikit-learn',
      ours: `${sklearn.toFixed(0)} ms`,
      goal: `its imports, init() and run() alone ${alone.toFixed(0)} ms`,
      ratio: `+${(sklearn - alone).toFixed(0)} ms`,
    },
  ]
}

async function restored(world: ServingWorld, name: string, body: object): Promise<number> {
  await world.deploy(name, body)
  await world.trafficTo(name)
  const times: number[] = []
  for (let turn = 0; turn < 3; turn++) {
    const left = () => gauge(world, 'lazuli_online_instances_ready', `deployment="${name}"`)
    await until('no instance is left', async () => (await left()) === 0, 60_000)
    const began = performance.now()
    await world.score()
    times.push(performance.now() - began)
  }
  return times.sort((a, b) => a - b)[1] ?? Number.NaN
}

/**
 * Memory of a server with many endpoints that nobody asks beside one with a single one; the last made must still answer.
 * The server that made them has what making them left, too.
 */
export async function idleEndpoints(world: ServingWorld): Promise<readonly Row[]> {
  const { server, online } = world
  const body = await online.deploymentBody(SAYS, soonIdle)
  // Its environment is built once, before the clock of anything.
  const first = await online.endpoint('idle-0')
  await world.deploy('only', body, first)
  await restarted(world)
  const before = await memory(server.pid)
  const began = performance.now()
  let made = 1
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (made < COUNT) await world.deploy('only', body, await online.endpoint(`idle-${made++}`))
    }),
  )
  const took = (performance.now() - began) / 1000
  const left = () => gauge(world, 'lazuli_online_instances_ready', 'deployment="only"')
  await until('none has an instance', async () => (await left()) === 0, 120_000)
  const grown = (await memory(server.pid)) - before
  await restarted(world)
  const again = (await memory(server.pid)) - before
  await world.score(online.path(`onlineEndpoints/idle-${COUNT - 1}`))
  return [
    {
      what: `memory of ${COUNT} idle endpoints at zero, in a fresh server (and in the one that made them)`,
      ours: `${again.toFixed(0)} MB (${grown.toFixed(0)} MB; made in ${took.toFixed(0)} s)`,
      goal: '100 MB',
      met: again <= 100,
    },
  ]
}

async function restarted({ server }: ServingWorld): Promise<void> {
  await server.stopOnly()
  await server.restart()
}

/** Resident megabytes, at the least of a minute: what waits to be collected is no cost of what stands. */
async function memory(pid: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let look = 0; look < 120; look++) {
    const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    least = Math.min(least, Number(kilobytes) / 1024)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  return least
}

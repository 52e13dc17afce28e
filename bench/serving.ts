/**
 * `bin/node bench/serving.ts [SECONDS [ROW…]]`: online scoring through the front door beside the servers that people use,
 * with the same script and model and 16 clients, and beside run() alone; prints a table. Without rows, all of them.
 */
import { cpus } from 'node:os'
import { batch } from './batch.ts'
import { idleEndpoints, restoredFromZero } from './idle-endpoints.ts'
import { measurePeer, type Peer, peers } from './serving-peers.ts'
import { ServingWorld } from './serving-world.ts'
import { type Row, render } from './table.ts'

type Rows = (world: ServingWorld) => Promise<readonly Row[]>

const rate = (perSecond: number) => `${Math.round(perSecond)}/s`

/** Machines are shared: bare runs stand on both sides of ours. */
const besideRun: Rows = async (world) => {
  const [before, ours, after] = [world.bare(), await world.ask(16), world.bare()]
  const alone = (before + after) / 2
  const added = (await world.ask(1)).p50 - 1000 / alone
  return [
    {
      what: 'online scoring, one worker, 16 clients',
      ours: `${rate(ours.perSecond)}, p50 ${ours.p50.toFixed(2)} ms, p99 ${ours.p99.toFixed(2)} ms, ${ours.failed} failed`,
      goal: `bare run() ${rate(before)}, ${rate(after)}`,
      ratio: `${((ours.perSecond / alone) * 100).toFixed(0)} % (75 %)`,
      met: ours.perSecond >= 0.75 * alone,
    },
    {
      what: 'one client: what everything adds to run() at p50',
      ours: `${added.toFixed(2)} ms`,
      goal: '0.3 ms',
      met: added <= 0.3,
    },
  ]
}

const beside =
  (peer: Peer): Rows =>
  async (world) => {
    if (peer.needs === 'mlflow') await world.trained()
    const what = `the same, beside ${peer.name}`
    const theirs = await measurePeer(peer, world).catch((error: Error) => error)
    if (theirs instanceof Error) return [{ what, ours: 'not measured', goal: theirs.message }]
    const ours = await world.ask(16)
    const ratio = ours.perSecond / theirs.perSecond
    return [
      {
        what,
        ours: `${rate(ours.perSecond)}, ${ours.failed} failed`,
        goal: `${rate(theirs.perSecond)}, ${theirs.failed} failed`,
        ratio: `${ratio.toFixed(1)}× (${peer.goal}×)`,
        met: ratio >= peer.goal && ours.failed === 0,
      },
    ]
  }

const twoWorkers: Rows = async (world) => {
  const one = await world.ask(16)
  const body = await world.script({ environmentVariables: { WORKER_COUNT: '2' } })
  const began = performance.now()
  await world.deploy('two', body)
  await world.trafficTo('two')
  await world.score()
  const put = performance.now() - began
  const two = await world.ask(16)
  await world.trafficTo('one')
  return [
    {
      what: 'PUT to first answer, environment built',
      ours: `${put.toFixed(0)} ms`,
      goal: '2000 ms',
      met: put <= 2000,
    },
    {
      what: 'two workers',
      ours: `${rate(two.perSecond)}, ${two.failed} failed`,
      goal: `one ${rate(one.perSecond)}`,
      ratio: `${(two.perSecond / one.perSecond).toFixed(2)}×`,
    },
  ]
}

const onnx: Rows = async (world) => {
  await world.trained()
  await world.deploy('onnx', await world.withoutScript('iris-onnx', 'iris.onnx'))
  await world.trafficTo('onnx')
  const ours = await world.ask(16, JSON.stringify({ input_data: [[5.1, 3.5, 1.4, 0.2]] }))
  await world.trafficTo('one')
  return [
    {
      what: 'ONNX, one worker',
      ours: `${rate(ours.perSecond)}, ${ours.failed} failed`,
      goal: '10000/s',
      met: ours.perSecond >= 10_000,
    },
  ]
}

const rows: Readonly<Record<string, Rows>> = {
  run: besideRun,
  ...Object.fromEntries(peers.map((peer) => [peer.key, beside(peer)])),
  two: twoWorkers,
  onnx,
  zero: restoredFromZero,
  idle: idleEndpoints,
  batch: ({ server }) => batch(server),
}

const [seconds = '4', ...asked] = process.argv.slice(2)
const unknown = asked.find((name) => !rows[name])
if (!(Number(seconds) > 0) || unknown !== undefined) {
  console.error(`usage: bin/node bench/serving.ts [SECONDS [${Object.keys(rows).join('|')}…]]`)
  process.exit(2)
}
const results: Row[] = []
const world = await ServingWorld.open(Number(seconds))
try {
  for (const [name, measure] of Object.entries(rows)) {
    if (asked.length > 0 && !asked.includes(name)) continue
    for (const row of await measure(world)) {
      results.push(row)
      console.log(`${row.what}: ${row.ours} ${row.goal ?? ''} ${row.ratio ?? ''}`)
    }
  }
} finally {
  await world.close()
}
console.log(`\n${render(results, `${cpus().length} CPUs, ${seconds} s each`)}`)

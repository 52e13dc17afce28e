import { objectAt } from '../../json.ts'
import { parseResourceId } from '../../resource-id.ts'
import { COMPUTES, poolSpec, quotaKey, readCompute } from '../computes/compute.ts'
import { quotaOfKey } from '../computes/quotas.ts'
import type { Deps } from '../deps.ts'
import { everyMinute, type Repeated } from './every-minute.ts'

type Needs = Pick<Deps, 'store' | 'engines' | 'settings' | 'simulation' | 'log' | 'now'>

const KEPT_DAYS = 93

/** Measures the nodes of every workspace that has computes: at the start, every minute, and when the clock is set. */
export const sampleNodes = (deps: Needs): Repeated => everyMinute(deps, 'Measuring nodes', () => sampleOnce(deps))

interface Tally {
  active: number
  idle: number
  activeCores: number
  idleCores: number
  /** By quota: what is used of it and what it admits. */
  readonly quotas: Map<string, { used: number; readonly limit: number }>
}

async function sampleOnce(deps: Needs): Promise<void> {
  const { store, engines } = deps
  const { items } = await store.resources.ofType('', COMPUTES)
  const tallies = new Map<string, Tally>()
  for (const { id, body } of items) {
    const workspace = parseResourceId(id)?.parent?.key
    if (workspace === undefined || Object.keys(objectAt(body.properties)).length === 0) continue
    const { computeId, quota } = poolSpec(id, body, false)
    const nodes = (await engines.named(readCompute(body).kind).observePool(computeId))?.nodes ?? []
    const cores = quota?.coresPerNode ?? 0
    const tally = tallies.get(workspace) ?? { active: 0, idle: 0, activeCores: 0, idleCores: 0, quotas: new Map() }
    tallies.set(workspace, tally)
    const active = nodes.filter(({ state }) => state !== 'idle').length
    tally.active += active
    tally.idle += nodes.length - active
    tally.activeCores += active * cores
    tally.idleCores += (nodes.length - active) * cores
    const key = quotaKey(id, body)
    const share = tally.quotas.get(key) ?? { used: 0, limit: quotaOfKey(deps, key) }
    share.used += nodes.length * cores
    tally.quotas.set(key, share)
  }
  const now = deps.now()
  const at = new Date(Math.floor(now.getTime() / 1000) * 1000).toISOString()
  await store.write(async (within) => {
    for (const [workspace, tally] of tallies) await within.samples.add(workspace, { at, values: valuesOf(tally) })
    await within.samples.forgetBefore(new Date(now.getTime() - KEPT_DAYS * 86_400_000).toISOString())
  })
}

function valuesOf({ active, idle, activeCores, idleCores, quotas }: Tally): Readonly<Record<string, number>> {
  const shares = [...quotas.values()]
  const limit = shares.reduce((sum, share) => sum + share.limit, 0)
  const used = shares.reduce((sum, share) => sum + share.used, 0)
  return {
    'Active Nodes': active,
    'Idle Nodes': idle,
    'Total Nodes': active + idle,
    'Active Cores': activeCores,
    'Idle Cores': idleCores,
    'Total Cores': activeCores + idleCores,
    'Quota Utilization Percentage': limit === 0 ? 0 : (100 * used) / limit,
  }
}

import { createHash } from 'node:crypto'
import type { Granted } from '../../host/limits.ts'
import type { NodeView, PoolSpec, PoolView } from '../engine.ts'

/** A slot of this machine that one job at a time runs on. */
export interface Node {
  readonly id: string
  readonly index: number
  job: string | undefined
  /** Epoch milliseconds since when it has nothing to do. */
  idleSince: number
}

/** A job as the pool sees it. */
export interface Waiting {
  readonly id: string
  /** How many nodes it needs, all at once; left out for one. */
  readonly nodes?: number
}

/** A compute's nodes. It decides; starting what it assigns is the engine's. */
export class Pool {
  spec: PoolSpec
  granted: Granted
  nodes: Node[] = []
  /** Whether the last look wanted a node that the quota did not admit. */
  quotaReached = false

  constructor(spec: PoolSpec, granted: Granted) {
    this.spec = spec
    this.granted = granted
  }

  /**
   * Brings nodes up and down and gives waiting jobs, in their order, to free ones.
   *
   * `roomForMore` says whether the machine really has free memory: it is asked before every further node; the first
   * one comes up always, or a busy machine would never do anything. `admitted` says whether the quota has room, for
   * the first one too.
   */
  schedule(
    waiting: readonly Waiting[],
    clock: number,
    roomForMore: () => boolean,
    admitted: () => boolean = () => true,
  ): readonly { readonly job: string; readonly nodes: readonly Node[] }[] {
    const { minNodes, maxNodes, stopped } = this.spec
    const assigned: { job: string; nodes: readonly Node[] }[] = []
    this.quotaReached = false
    const mayGrow = (): boolean => {
      if (!admitted()) this.quotaReached = true
      return !this.quotaReached && this.#mayGrow(roomForMore)
    }
    while (!stopped && this.nodes.length < Math.min(minNodes, maxNodes) && mayGrow()) this.#add(clock)
    for (const { id, nodes: wanted = 1 } of stopped ? [] : waiting) {
      const free = this.nodes.filter((each) => each.job === undefined && each.index < maxNodes)
      while (free.length < wanted && this.nodes.length < maxNodes && mayGrow()) free.push(this.#add(clock))
      // All or none. Nobody goes past who comes later: a job of many nodes would wait for ever.
      if (free.length < wanted) break
      const nodes = free.slice(0, wanted)
      for (const node of nodes) node.job = id
      assigned.push({ job: id, nodes })
    }
    this.#shrink(clock)
    return assigned
  }

  #mayGrow(roomForMore: () => boolean): boolean {
    return this.nodes.length === 0 || roomForMore()
  }

  #add(clock: number): Node {
    const taken = new Set(this.nodes.map((node) => node.index))
    let index = 0
    while (taken.has(index)) index += 1
    return this.#put(index, undefined, clock)
  }

  #put(index: number, job: string | undefined, clock: number): Node {
    const node: Node = { id: nodeId(this.spec.computeId, index), index, job, idleSince: clock }
    this.nodes.push(node)
    this.nodes.sort((one, other) => one.index - other.index)
    return node
  }

  #shrink(clock: number): void {
    const { minNodes, maxNodes, stopped, idleSecondsBeforeScaleDown } = this.spec
    for (const node of [...this.nodes].reverse()) {
      if (node.job !== undefined) continue
      const unwanted = stopped || node.index >= maxNodes
      const spare = this.nodes.length > minNodes && clock - node.idleSince >= idleSecondsBeforeScaleDown * 1000
      if (unwanted || spare) this.nodes.splice(this.nodes.indexOf(node), 1)
    }
  }

  /** A job that an earlier server started keeps the node it ran on, even where the pool has shrunk since. */
  resume(job: string, index: number, clock: number): void {
    const known = this.nodes.find((node) => node.index === index)
    if (known) known.job = job
    else this.#put(index, job, clock)
  }

  /** The job's node is free again. */
  release(job: string, clock: number): void {
    for (const node of this.nodes)
      if (node.job === job) {
        node.job = undefined
        node.idleSince = clock
      }
  }

  view(
    queued: { readonly jobs: number; readonly nodes: number },
    stateOf: (job: string) => { readonly run: string; readonly state: NodeView['state'] },
  ): PoolView {
    const { minNodes, maxNodes, stopped } = this.spec
    const busy = this.nodes.filter((node) => node.job !== undefined).length
    const targetNodes = stopped ? busy : Math.max(busy, Math.min(maxNodes, Math.max(minNodes, busy + queued.nodes)))
    return {
      nodes: this.nodes.map((node) => {
        if (node.job === undefined) {
          return { nodeId: node.id, state: 'idle', idleSince: new Date(node.idleSince).toISOString(), ...this.granted }
        }
        return { nodeId: node.id, ...stateOf(node.job), ...this.granted }
      }),
      targetNodes: Math.max(targetNodes, stopped ? 0 : Math.min(this.nodes.length, maxNodes)),
      allocationState: targetNodes > this.nodes.length ? 'Resizing' : 'Steady',
      queuedJobs: queued.jobs,
      ...(this.quotaReached && { quotaReached: true as const }),
    }
  }
}

/** Looks like a Batch node's id and is the same after a restart. */
const nodeId = (computeId: string, index: number): string =>
  `tvmps_${createHash('sha256').update(`${computeId.toLowerCase()}#${index}`).digest('hex').slice(0, 64)}_d`

import { createHash } from 'node:crypto'
import type { NodeView, PoolSpec, PoolView } from '../engine.ts'
import type { Granted } from './limits.ts'

/** A slot of this machine that runs one job at a time. */
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
  ): readonly { readonly job: string; readonly node: Node }[] {
    const { minNodes, maxNodes, stopped } = this.spec
    const assigned: { job: string; node: Node }[] = []
    this.quotaReached = false
    const mayGrow = (): boolean => {
      if (!admitted()) this.quotaReached = true
      return !this.quotaReached && this.#mayGrow(roomForMore)
    }
    while (!stopped && this.nodes.length < Math.min(minNodes, maxNodes) && mayGrow()) this.#add(clock)
    for (const { id } of stopped ? [] : waiting) {
      let node = this.nodes.find((each) => each.job === undefined && each.index < maxNodes)
      if (!node && this.nodes.length < maxNodes && mayGrow()) node = this.#add(clock)
      if (!node) break
      node.job = id
      assigned.push({ job: id, node })
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
    queuedJobs: number,
    stateOf: (job: string) => { readonly run: string; readonly state: NodeView['state'] },
  ): PoolView {
    const { minNodes, maxNodes, stopped } = this.spec
    const busy = this.nodes.filter((node) => node.job !== undefined).length
    const targetNodes = stopped ? busy : Math.max(busy, Math.min(maxNodes, Math.max(minNodes, busy + queuedJobs)))
    return {
      nodes: this.nodes.map((node) => {
        const of = node.job === undefined ? undefined : stateOf(node.job)
        return { nodeId: node.id, state: of?.state ?? 'idle', ...(of ? { run: of.run } : {}), ...this.granted }
      }),
      targetNodes: Math.max(targetNodes, stopped ? 0 : Math.min(this.nodes.length, maxNodes)),
      allocationState: targetNodes > this.nodes.length ? 'Resizing' : 'Steady',
      queuedJobs,
      ...(this.quotaReached && { quotaReached: true as const }),
    }
  }
}

/** Looks like a Batch node's id and is the same after a restart. */
const nodeId = (computeId: string, index: number): string =>
  `tvmps_${createHash('sha256').update(`${computeId.toLowerCase()}#${index}`).digest('hex').slice(0, 64)}_d`

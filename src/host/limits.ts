import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Machine } from './machine.ts'

/** What a vmSize stands for. */
export interface VmSize {
  readonly cpus: number
  readonly memoryBytes: number
  /** Left out where a node has no disk of its own. */
  readonly diskBytes?: number
}

/** What a node of a vmSize is given here: never more than the machine has. */
export interface Granted {
  readonly cpus: number
  readonly memoryBytes: number
  /** Left out, a job may write as much as the machine has room for. */
  readonly diskBytes?: number
}

/** A vmSize is a limit and no reservation, so it is only capped, never shared out. */
export function grant(size: VmSize | undefined, machine: Machine): Granted {
  return {
    cpus: Math.max(1, Math.min(size?.cpus ?? machine.cpus, machine.cpus)),
    memoryBytes: Math.min(size?.memoryBytes ?? machine.memoryBytes, machine.memoryBytes),
    ...(size?.diskBytes !== undefined && { diskBytes: size.diskBytes }),
  }
}

/**
 * The CPUs of a node, by number; empty where it may use all. Nodes start at different ones, so that two small nodes
 * don't share a core while another is free.
 */
export function cpusOf(node: number, cpus: number, machine: Machine): readonly number[] {
  if (cpus >= machine.cpus) return []
  return Array.from({ length: cpus }, (_, index) => (node * cpus + index) % machine.cpus)
}

/** Puts a job's processes under a limit of memory and of their number. */
export interface MemoryLimiter {
  /** In words for the job's system log. */
  readonly description: string
  /** Makes the job's control group, or says that its address space has to be limited instead. */
  prepare(name: string, bytes: number): { readonly cgroups: readonly string[]; readonly addressSpaceBytes?: number }
  /** Forgets the group after the job. */
  release(name: string): void
}

/**
 * The best limiter that really works here: it is tried out when the first job needs it, not guessed from names.
 *
 * Groups are named for the data directory too: what ends ends all in its group, and two installs on one machine may have
 * jobs and deployments of the same ids.
 */
export function memoryLimiter(directory: string): MemoryLimiter {
  const install = createHash('sha256').update(resolve(directory)).digest('hex').slice(0, 8)
  const named = (name: string) => `${install}-${name}`
  let chosen: MemoryLimiter | undefined
  const limiter = () => {
    if (!chosen) {
      const memory = writableParent('memory')
      chosen = limiterIn(memory, writableParent('pids', memory))
    }
    return chosen
  }
  return {
    get description() {
      return limiter().description
    },
    prepare: (name, bytes) => limiter().prepare(named(name), bytes),
    release: (name) => limiter().release(named(name)),
  }
}

/** Processes and threads that a job may have at once: more than any honest job's, fewer than a machine has room for. */
const MOST_TASKS = 4096

function limiterIn(memory: Parent | undefined, tasks: Parent | undefined): MemoryLimiter {
  const parents = [memory, tasks].filter((parent) => parent !== undefined)
  const words = tasks ? `; processes: cgroup ${tasks.version}, ${MOST_TASKS} at most` : '; processes: no limit'
  return {
    description: memory
      ? `memory: cgroup ${memory.version}${words}`
      : `memory: limit of each process’s address space (no writable cgroup)${words}`,
    prepare(name, bytes) {
      for (const { path, limit } of parents) {
        const group = join(path, `lazuli-${name}`)
        mkdirSync(group, { recursive: true })
        writeFileSync(join(group, limit), String(limit.startsWith('pids') ? MOST_TASKS : bytes))
      }
      // In v2 both are limits of one group.
      const cgroups = [...new Set(parents.map(({ path }) => join(path, `lazuli-${name}`)))]
      return { cgroups, ...(!memory && { addressSpaceBytes: bytes }) }
    },
    release(name) {
      for (const { path } of parents) remove(join(path, `lazuli-${name}`), 10)
    },
  }
}

/** The kernel keeps a group for a moment after its last process; one that stays for good is empty and costs little. */
function remove(group: string, tries: number): void {
  try {
    rmdirSync(group)
  } catch {
    if (tries > 0 && existsSync(group)) setTimeout(() => remove(group, tries - 1), 500).unref()
  }
}

interface Parent {
  readonly path: string
  readonly limit: string
  readonly version: 'v1' | 'v2'
}

type Controller = 'memory' | 'pids'

/** Where a controller's limit is written, and a number that it takes when it is tried out. */
const limits: Readonly<Record<Controller, { readonly v1: string; readonly v2: string; readonly probe: number }>> = {
  memory: { v1: 'memory.limit_in_bytes', v2: 'memory.max', probe: 1 << 30 },
  pids: { v1: 'pids.max', v2: 'pids.max', probe: 1 << 20 },
}

/**
 * Where groups with a limit of this kind can be made; undefined where they can't. In v2 a process is in one group alone:
 * where `beside` is of v2, a second limit has to stand in the same.
 */
function writableParent(controller: Controller, beside?: Parent): Parent | undefined {
  let own: string
  try {
    own = readFileSync('/proc/self/cgroup', 'utf8')
  } catch {
    return undefined
  }
  const v1 = own.match(new RegExp(`^\\d+:(?:[^:]*,)?${controller}(?:,[^:]*)?:(.*)$`, 'm'))?.[1]
  const v2 = own.match(/^0::(.*)$/m)?.[1]
  const candidates: Parent[] = []
  // A container sees its own group as the root of the mount, whatever /proc says.
  const mount = join('/sys/fs/cgroup', controller)
  if (v1 !== undefined)
    for (const path of [join(mount, v1), mount]) candidates.push({ path, limit: limits[controller].v1, version: 'v1' })
  // In v2 a group with processes can't hand controllers down; a sibling under a delegated parent can be limited.
  if (v2 !== undefined)
    for (const path of [dirname(join('/sys/fs/cgroup', v2)), '/sys/fs/cgroup'])
      candidates.push({ path, limit: limits[controller].v2, version: 'v2' })
  const elsewhere = ({ version, path }: Parent): boolean =>
    version === 'v2' && beside?.version === 'v2' && path !== beside.path
  return candidates.find((parent) => !elsewhere(parent) && works(parent, limits[controller].probe))
}

function works({ path, limit }: Parent, value: number): boolean {
  const probe = join(path, `lazuli-probe-${process.pid}`)
  try {
    mkdirSync(probe)
    try {
      writeFileSync(join(probe, limit), String(value))
      // Making a group and moving a process into it are two different rights.
      const moved = spawnSync('/bin/sh', ['-c', 'echo 0 > "$0"', join(probe, 'cgroup.procs')])
      return moved.status === 0 && Number(readFileSync(join(probe, limit), 'utf8')) === value
    } finally {
      rmdirSync(probe)
    }
  } catch {
    return false
  }
}

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Machine } from './machine.ts'

/** What a vmSize stands for. */
export interface VmSize {
  readonly cpus: number
  readonly memoryBytes: number
}

/** What a node of a vmSize is given here: never more than the machine has. */
export interface Granted {
  readonly cpus: number
  readonly memoryBytes: number
}

/** A vmSize is a limit and no reservation, so it is only capped, never shared out. */
export function grant(size: VmSize | undefined, machine: Machine): Granted {
  return {
    cpus: Math.max(1, Math.min(size?.cpus ?? machine.cpus, machine.cpus)),
    memoryBytes: Math.min(size?.memoryBytes ?? machine.memoryBytes, machine.memoryBytes),
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

/** Puts a job's processes under a memory limit. */
export interface MemoryLimiter {
  /** In words for the job's system log. */
  readonly description: string
  /** Makes the job's control group, or says that its address space has to be limited instead. */
  prepare(name: string, bytes: number): { readonly cgroups: readonly string[]; readonly addressSpaceBytes?: number }
  /** Forgets the group after the job. */
  release(name: string): void
}

/** The best limiter that really works here: it is tried out when the first job needs it, not guessed from names. */
export function memoryLimiter(): MemoryLimiter {
  let chosen: MemoryLimiter | undefined
  const limiter = () => {
    chosen ??= limiterIn(writableParent())
    return chosen
  }
  return {
    get description() {
      return limiter().description
    },
    prepare: (name, bytes) => limiter().prepare(name, bytes),
    release: (name) => limiter().release(name),
  }
}

function limiterIn(parent: Parent | undefined): MemoryLimiter {
  if (!parent)
    return {
      description: 'memory: limit of each process’s address space (no writable cgroup)',
      prepare: (_name, bytes) => ({ cgroups: [], addressSpaceBytes: bytes }),
      release: () => undefined,
    }
  return {
    description: `memory: cgroup ${parent.version}`,
    prepare(name, bytes) {
      const group = join(parent.path, `lazuli-${name}`)
      mkdirSync(group, { recursive: true })
      writeFileSync(join(group, parent.limit), String(bytes))
      return { cgroups: [group] }
    },
    release(name) {
      remove(join(parent.path, `lazuli-${name}`), 10)
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

function writableParent(): Parent | undefined {
  let own: string
  try {
    own = readFileSync('/proc/self/cgroup', 'utf8')
  } catch {
    return undefined
  }
  const v1 = own.match(/^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m)?.[1]
  const v2 = own.match(/^0::(.*)$/m)?.[1]
  const candidates: Parent[] = []
  // A container sees its own group as the root of the mount, whatever /proc says.
  if (v1 !== undefined)
    for (const path of [join('/sys/fs/cgroup/memory', v1), '/sys/fs/cgroup/memory'])
      candidates.push({ path, limit: 'memory.limit_in_bytes', version: 'v1' })
  // In v2 a group with processes can't hand controllers down; a sibling under a delegated parent can be limited.
  if (v2 !== undefined)
    for (const path of [dirname(join('/sys/fs/cgroup', v2)), '/sys/fs/cgroup'])
      candidates.push({ path, limit: 'memory.max', version: 'v2' })
  return candidates.find(works)
}

function works({ path, limit }: Parent): boolean {
  const probe = join(path, `lazuli-probe-${process.pid}`)
  try {
    mkdirSync(probe)
    try {
      writeFileSync(join(probe, limit), String(1 << 30))
      // Making a group and moving a process into it are two different rights.
      const moved = spawnSync('/bin/sh', ['-c', 'echo 0 > "$0"', join(probe, 'cgroup.procs')])
      return moved.status === 0 && Number(readFileSync(join(probe, limit), 'utf8')) === 1 << 30
    } finally {
      rmdirSync(probe)
    }
  } catch {
    return false
  }
}

import { readFileSync } from 'node:fs'
import { availableParallelism, freemem, totalmem } from 'node:os'

/** What this machine has to give to jobs. */
export interface Machine {
  readonly cpus: number
  readonly memoryBytes: number
  /** Memory that could be used now without pushing anything out. */
  availableBytes(): number
}

/** The machine as this process sees it: the container's limits where they are narrower. */
export function thisMachine(): Machine {
  const limit = containerLimit()
  const memoryBytes = Math.min(totalmem(), limit?.bytes ?? Number.POSITIVE_INFINITY)
  return {
    cpus: availableParallelism(),
    memoryBytes,
    availableBytes() {
      const own = limit ? limit.bytes - (numberIn(limit.usage) ?? 0) : Number.POSITIVE_INFINITY
      return Math.max(0, Math.min(availableNow(), own))
    },
  }
}

function availableNow(): number {
  const line = textIn('/proc/meminfo')?.match(/^MemAvailable:\s+(\d+) kB/m)
  return line ? Number(line[1]) * 1024 : freemem()
}

function containerLimit(): { readonly bytes: number; readonly usage: string } | undefined {
  for (const [max, usage] of [
    ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory.current'],
    ['/sys/fs/cgroup/memory/memory.limit_in_bytes', '/sys/fs/cgroup/memory/memory.usage_in_bytes'],
  ] as const) {
    const bytes = numberIn(max)
    if (bytes !== undefined && bytes < totalmem()) return { bytes, usage }
  }
  return undefined
}

function textIn(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function numberIn(path: string): number | undefined {
  const text = textIn(path)?.trim()
  return text && /^\d+$/.test(text) ? Number(text) : undefined
}

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { jsonOf } from '../../host/files.ts'
import type { ProcessFolder } from './places.ts'

/** What a process and its children use. */
export interface Usage {
  readonly memoryBytes: number
  readonly cpuSeconds: number
}

const nothing: Usage = { memoryBytes: 0, cpuSeconds: 0 }
/** The kernel's clock ticks a second and bytes a page; both are the same on every Linux that Node runs on here. */
const TICKS = 100
const PAGE = 4096

/** Looks up what the process of a folder uses now; nothing where it is gone, or where /proc is not. */
export async function usageOf(folder: ProcessFolder): Promise<Usage> {
  const started = (await jsonOf(join(folder.run, 'started.json')).catch(() => undefined)) as
    | { readonly pid: number }
    | undefined
  return started ? usageOfTree(started.pid) : nothing
}

async function usageOfTree(pid: number): Promise<Usage> {
  const [own, children] = await Promise.all([usageOfOne(pid), childrenOf(pid)])
  const theirs = await Promise.all(children.map(usageOfTree))
  return sum([own, ...theirs])
}

export const sum = (all: readonly Usage[]): Usage =>
  all.reduce(
    (total, { memoryBytes, cpuSeconds }) => ({
      memoryBytes: total.memoryBytes + memoryBytes,
      cpuSeconds: total.cpuSeconds + cpuSeconds,
    }),
    nothing,
  )

async function usageOfOne(pid: number): Promise<Usage> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return {
      memoryBytes: Number(fields[21]) * PAGE,
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS,
    }
  } catch {
    return nothing
  }
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => [])
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')),
  )
  return lists.flatMap((text) =>
    text
      .split(' ')
      .filter((part) => part !== '')
      .map(Number),
  )
}

import { execFile } from 'node:child_process'
import { readdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { places } from './launch.ts'

/** What the guard has to know of a job that runs, and to do with one that writes too much. */
export interface Guarded {
  readonly id: string
  /** The job's folder, below which everything lies that it can write. */
  readonly work: string
  /** What its nodes' disks hold; left out, only the machine's disk is its limit. */
  readonly diskBytes?: number
  stop(why: string): Promise<void>
}

/** No disk of today takes more in a second: a job can't have filled what is left sooner. */
const FASTEST_BYTES = 2 ** 30
const SOONEST_MS = 2000
const LATEST_MS = 60_000
/** More names beside the inputs than this are measured with them. */
const MOST_NAMES = 200

/**
 * Stops jobs that write more than their nodes' disks would hold, and where the machine's own disk gets full the one that
 * takes most of it: a server without room could not even tell why. Inputs don't count: Azure mounts them.
 */
export function diskGuard(options: {
  /** A folder on the disk that has to keep room. */
  readonly folder: string
  readonly keepFreeBytes: (diskBytes: number) => number
  readonly failed: (error: unknown) => void
}) {
  const due = new Map<string, number>()
  let busy = false

  async function look(jobs: readonly Guarded[]): Promise<void> {
    const disk = await statfs(options.folder)
    const free = disk.bavail * disk.bsize
    if (free < options.keepFreeBytes(disk.blocks * disk.bsize)) return stopGreatest(jobs, free)
    const now = Date.now()
    for (const job of jobs) {
      if (job.diskBytes === undefined || now < (due.get(job.id) ?? 0)) continue
      const used = await writtenBytes(job.work)
      if (used > job.diskBytes) {
        await job.stop(
          `it wrote ${mebibytes(used)} MiB, and the disk of its node has ${mebibytes(job.diskBytes)} MiB (by its vmSize)`,
        )
      }
      const wait = ((job.diskBytes - used) / FASTEST_BYTES) * 1000
      due.set(job.id, now + Math.min(LATEST_MS, Math.max(SOONEST_MS, wait)))
    }
    const running = new Set(jobs.map(({ id }) => id))
    for (const id of due.keys()) if (!running.has(id)) due.delete(id)
  }

  return {
    /** Looks at the jobs that run now; while a look is under way, a further one is none. */
    look(jobs: readonly Guarded[]): void {
      if (busy || jobs.length === 0) return
      busy = true
      look(jobs)
        .catch(options.failed)
        .finally(() => {
          busy = false
        })
    },
  }
}

async function stopGreatest(jobs: readonly Guarded[], free: number): Promise<void> {
  const used = await Promise.all(jobs.map(async (job) => ({ job, bytes: await writtenBytes(job.work) })))
  const greatest = used.reduce((most, each) => (each.bytes > most.bytes ? each : most))
  await greatest.job.stop(
    `the machine's disk is full (${mebibytes(free)} MiB are left), and of the jobs that run it has written most, ${mebibytes(greatest.bytes)} MiB`,
  )
}

/** What stands on disk below a job's folder, without its inputs. */
async function writtenBytes(work: string): Promise<number> {
  const data = join(work, places.data)
  const own = (await readdir(data).catch(() => [])).filter((name) => !name.startsWith('INPUT_'))
  const folders = [...['exe', places.home, places.temporary, places.layer, 'nodes'].map((part) => join(work, part))]
  folders.push(...(own.length > MOST_NAMES ? [data] : own.map((name) => join(data, name))))
  // It fails where a file goes while it looks, and has counted the others all the same.
  const measured = await promisify(execFile)('du', ['-skx', ...folders]).catch((error: { stdout?: string }) => error)
  const lines = (measured.stdout ?? '').split('\n')
  return lines.reduce((sum, line) => sum + (Number.parseInt(line, 10) || 0) * 1024, 0)
}

const mebibytes = (bytes: number): number => Math.floor(bytes / 2 ** 20)

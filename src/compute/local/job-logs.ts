import { appendFile, open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Blobs } from '../../blobs/blobs.ts'
import { type LiveLog, liveLog } from '../../host/live-log.ts'
import type { BlobLocation } from '../engine.ts'
import type { JobFolder } from './job-files.ts'

/** The log files of a job, by their name in its folder, and where each is seen. */
const shown = {
  'lifecycler.log': 'system_logs/lifecycler/lifecycler.log',
  'image_build.log': 'azureml-logs/20_image_build_log.txt',
} as const
type LogName = keyof typeof shown | `std_log${string}.txt`

const shownAt = (name: LogName): string =>
  name === 'lifecycler.log' || name === 'image_build.log' ? shown[name] : `user_logs/${name}`

/** A job's logs: written to files first, so that nothing of them is lost with the server, and copied live. */
export class JobLogs {
  readonly #folder: JobFolder
  readonly #blobs: Blobs
  readonly #artifacts: BlobLocation
  readonly #now: () => Date
  readonly #open = new Map<LogName, LiveLog>()
  #writing: Promise<unknown> = Promise.resolve()

  constructor(folder: JobFolder, blobs: Blobs, artifacts: BlobLocation, now: () => Date) {
    this.#folder = folder
    this.#blobs = blobs
    this.#artifacts = artifacts
    this.#now = now
  }

  /** Begins to show a log, which is there from then on even while it is empty. */
  show(name: LogName): void {
    let log = this.#open.get(name)
    if (!log) {
      const path = this.#artifacts.path.replace(/\/$/, '')
      const at = { ...this.#artifacts, path: path === '' ? shownAt(name) : `${path}/${shownAt(name)}` }
      log = liveLog({ file: join(this.#folder.run, name), blobs: this.#blobs, at })
      this.#open.set(name, log)
    }
    log.nudge()
  }

  /** A line for the job's system log. */
  note(line: string): void {
    this.write('lifecycler.log', `${this.#now().toISOString()} ${line}\n`)
  }

  write(name: LogName, text: string): void {
    const file = join(this.#folder.run, name)
    this.#writing = this.#writing.then(() => appendFile(file, text, { mode: 0o600 })).catch(() => undefined)
    this.show(name)
  }

  /** A file may have grown; without a name, any. */
  nudge(name?: string): void {
    for (const [each, log] of this.#open) if (name === undefined || each === name) log.nudge()
  }

  /** Resolves when everything that was logged is stored. @throws what the blob store threw last */
  async flush(): Promise<void> {
    await this.#writing
    for (const log of this.#open.values()) await log.flush()
  }

  /** Stops following; resolves when no write is under way. */
  async close(): Promise<void> {
    await this.#writing
    for (const log of this.#open.values()) await log.close()
  }
}

/** The last lines of a log, short enough for an error message. */
export async function tailOf(file: string): Promise<string> {
  const size = (await stat(file).catch(() => undefined))?.size ?? 0
  if (size === 0) return ''
  const handle = await open(file, 'r')
  try {
    const length = Math.min(size, 4096)
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length)
    return buffer.toString('utf8').trimEnd().split('\n').slice(-20).join('\n').slice(-2000)
  } finally {
    await handle.close()
  }
}

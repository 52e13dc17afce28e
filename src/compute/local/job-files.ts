import { createHash } from 'node:crypto'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** A job's folder: everything that the server needs to find the job again stands here, and nowhere else. */
export interface JobFolder {
  /** The folder's own name: a hash, since ids are made of strangers' names. */
  readonly name: string
  readonly root: string
  readonly spec: string
  readonly journal: string
  /** The runner's folder: launch, pid, exit, output. Never visible to the job. */
  readonly run: string
  /** What the job sees. */
  readonly work: string
}

/** The folder of a job by its id. */
export function jobFolder(jobs: string, id: string): JobFolder {
  return namedFolder(jobs, createHash('sha256').update(id).digest('hex').slice(0, 32))
}

export function namedFolder(jobs: string, name: string): JobFolder {
  const root = join(jobs, name)
  return {
    name,
    root,
    spec: join(root, 'spec.json'),
    journal: join(root, 'journal.jsonl'),
    run: join(root, 'run'),
    work: join(root, 'work'),
  }
}

/** Names of all job folders. */
export async function jobFolders(jobs: string): Promise<readonly JobFolder[]> {
  await mkdir(jobs, { recursive: true, mode: 0o700 })
  return (await readdir(jobs)).filter((name) => /^[0-9a-f]{32}$/.test(name)).map((name) => namedFolder(jobs, name))
}

import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { JsonObject } from '../../../json.ts'
import { Refusal } from '../command.ts'
import type { Source, SourceModel, SourcePoint, SourceRun } from './source.ts'
import type { Tracking } from './tracking.ts'

export interface Imported {
  experiments: number
  runs: number
  points: number
  artifacts: number
  versions: number
}

/** Run history's words for MLflow's statuses. */
const statuses: Readonly<Record<string, string>> = {
  RUNNING: 'Running',
  SCHEDULED: 'Queued',
  FINISHED: 'Completed',
  FAILED: 'Failed',
  KILLED: 'Canceled',
}
const BATCH = 1000

export interface ImportOptions {
  /** Where `mlflow-artifacts:/` of the source lies. */
  readonly artifacts?: string
  readonly say: (text: string) => void
}

/**
 * Brings what a source has into a workspace: runs keep their ids, times and states. Cut short, it may be begun again: what
 * is there is not brought twice.
 *
 * @throws Refusal for artifacts that lie where they can't be read from here
 */
export async function importMlflow(source: Source, tracking: Tracking, options: ImportOptions): Promise<Imported> {
  const done: Imported = { experiments: 0, runs: 0, points: 0, artifacts: 0, versions: 0 }
  const names = new Map<string, string>()
  for (const { id, name, tags, deleted } of source.experiments) {
    names.set(id, name)
    const made = await experimentIn(tracking, name)
    // Begun again: what an earlier import has deleted, as the source has it.
    if (deleted) await tracking.mlflow('POST', '/experiments/restore', { experiment_id: made })
    if (Object.keys(tags).length > 0)
      await tracking.history('PATCH', `/experimentids/${encodeURIComponent(made)}`, { tags })
    done.experiments += 1
  }
  for (const run of source.runs()) {
    const experiment = names.get(run.experimentId)
    if (experiment === undefined)
      throw new Refusal(`Run ${run.id} is of experiment ${run.experimentId}, which is not there.`)
    await importRun(run, { tracking, experiment, options, done })
    done.runs += 1
    if (done.runs % 100 === 0) options.say(`${done.runs} runs, ${done.points} points, ${done.artifacts} artifacts …`)
  }
  for (const model of source.models) await importModel(model, tracking, done)
  for (const { name, deleted } of source.experiments) {
    if (deleted)
      await tracking.mlflow('POST', '/experiments/delete', { experiment_id: await experimentIn(tracking, name) })
  }
  return done
}

async function experimentIn(tracking: Tracking, name: string): Promise<string> {
  const known = await tracking.find(`/experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`)
  if (known) return String((known.experiment as JsonObject).experiment_id)
  return String((await tracking.mlflow('POST', '/experiments/create', { name })).experiment_id)
}

interface Surroundings {
  readonly tracking: Tracking
  readonly experiment: string
  readonly options: ImportOptions
  readonly done: Imported
}

async function importRun(run: SourceRun, { tracking, experiment, options, done }: Surroundings): Promise<void> {
  const path = `/experiments/${encodeURIComponent(experiment)}/runs/${encodeURIComponent(run.id)}`
  const { 'mlflow.parentRunId': parentRunId, ...tags } = run.tags
  const timeOf = (ms: number) => new Date(ms).toISOString()
  const status = statuses[run.status] ?? 'Running'
  const begun = status === 'Queued' ? 'Queued' : 'Running'
  await tracking.history('PATCH', path, {
    ...(run.start !== undefined && { startTimeUtc: timeOf(run.start) }),
    ...(run.name && { displayName: run.name }),
    ...(parentRunId && { parentRunId }),
    status: begun,
    parameters: run.params,
    tags: { ...tags, ...(run.user && !tags['mlflow.user'] && { 'mlflow.user': run.user }) },
  })
  if (run.deleted) await tracking.mlflow('POST', '/runs/restore', { run_id: run.id })
  let batch: SourcePoint[] = []
  const flush = async () => {
    const metrics = batch.map(({ value, ...point }) => ({
      ...point,
      value: Number.isFinite(value) ? value : wordOf(value),
    }))
    if (batch.length > 0) await tracking.mlflow('POST', '/runs/log-batch', { run_id: run.id, metrics })
    done.points += batch.length
    batch = []
  }
  for (const point of run.points()) {
    batch.push(point)
    if (batch.length === BATCH) await flush()
  }
  await flush()
  if (run.datasets.length > 0) {
    const datasets = run.datasets.map(({ tags: kept, ...dataset }) => ({
      dataset,
      tags: Object.entries(kept).map(([key, value]) => ({ key, value })),
    }))
    await tracking.mlflow('POST', '/runs/log-inputs', { run_id: run.id, datasets })
  }
  done.artifacts += await importArtifacts(run, tracking, options)
  if (status !== begun) {
    await tracking.history('PATCH', path, { status, ...(run.end !== undefined && { endTimeUtc: timeOf(run.end) }) })
  }
  if (run.deleted) await tracking.mlflow('POST', '/runs/delete', { run_id: run.id })
}

const wordOf = (value: number): string => (Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity')

async function importArtifacts(run: SourceRun, tracking: Tracking, { artifacts }: ImportOptions): Promise<number> {
  const folder = localFolder(run.artifactUri, artifacts)
  if (folder === undefined) {
    throw new Refusal(
      `The artifacts of run ${run.id} are at ${run.artifactUri}, which can't be read from here. Name the folder that holds them with --artifacts.`,
    )
  }
  if (!existsSync(folder)) return 0
  const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile())
  for (const { parentPath, name } of files) {
    const file = join(parentPath, name)
    await tracking.putArtifact(run.id, relative(folder, file), createReadStream(file))
  }
  return files.length
}

/** The folder that an artifact URI names; `mlflow-artifacts:/` lies below the folder that a tracking server was given. */
function localFolder(uri: string, artifacts: string | undefined): string | undefined {
  if (uri === '') return ''
  if (uri.startsWith('file:')) return fileURLToPath(uri)
  const proxied = /^mlflow-artifacts:(?:\/\/[^/]*)?\/(?<path>.*)$/.exec(uri)?.groups?.path
  if (proxied !== undefined) return artifacts === undefined ? undefined : join(artifacts, proxied)
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(uri) ? undefined : uri
}

/** Versions keep their numbers: where one is missing in the source, one is made and deleted again. */
async function importModel(model: SourceModel, tracking: Tracking, done: Imported): Promise<void> {
  const { name, description, tags } = model
  const listed = (some: Readonly<Record<string, string>>) =>
    Object.entries(some).map(([key, value]) => ({ key, value }))
  const known = await tracking.find(`/registered-models/get?name=${encodeURIComponent(name)}`)
  if (!known) await tracking.mlflow('POST', '/registered-models/create', { name, description, tags: listed(tags) })
  const gaps: string[] = []
  let next = 1
  for (const { version, source, runId, description: note, stage, tags: own } of model.versions) {
    const there = await tracking.find(`/model-versions/get?name=${encodeURIComponent(name)}&version=${version}`)
    if (!there) {
      for (; next < version; next++) {
        await tracking.mlflow('POST', '/model-versions/create', { name, source: sourceOf(source, runId) })
        gaps.push(String(next))
      }
      await tracking.mlflow('POST', '/model-versions/create', {
        name,
        source: sourceOf(source, runId),
        ...(runId && { run_id: runId }),
        ...(note && { description: note }),
        tags: listed(own),
      })
      if (stage !== 'None') {
        await tracking.mlflow('POST', '/model-versions/transition-stage', {
          name,
          version: String(version),
          stage,
          archive_existing_versions: false,
        })
      }
      done.versions += 1
    }
    next = version + 1
  }
  // At the end: a number is given again where nothing stands behind it.
  for (const version of gaps) await tracking.mlflow('DELETE', '/model-versions/delete', { name, version })
  for (const [alias, version] of Object.entries(model.aliases)) {
    await tracking.mlflow('POST', '/registered-models/alias', { name, alias, version: String(version) })
  }
}

/** A model of a run is where the run's artifacts are now. */
function sourceOf(source: string, runId: string): string {
  const path = /\/artifacts\/(?<path>.+)$/.exec(source)?.groups?.path
  return runId && path !== undefined && !source.startsWith('runs:') ? `runs:/${runId}/${path}` : source
}

/** Whether a path is there, and what kind of source it is. */
export function kindOf(path: string): 'sqlite' | 'folder' | 'missing' {
  if (!existsSync(path)) return 'missing'
  return statSync(path).isDirectory() ? 'folder' : 'sqlite'
}

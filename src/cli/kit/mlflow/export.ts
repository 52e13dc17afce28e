import { createWriteStream, existsSync } from 'node:fs'
import { appendFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { stringify } from 'yaml'
import { type JsonObject, objectAt, textAt } from '../../../json.ts'
import { Refusal } from '../command.ts'
import type { Tracking } from './tracking.ts'

const STATUSES: Readonly<Record<string, number>> = { RUNNING: 1, SCHEDULED: 2, FINISHED: 3, FAILED: 4, KILLED: 5 }

export interface Exported {
  experiments: number
  runs: number
  points: number
  artifacts: number
  versions: number
}

/**
 * Writes a workspace's experiments, runs, artifacts and registered models as MLflow's folder `mlruns`, which MLflow opens
 * and `lazuli import mlflow` reads.
 *
 * @throws Refusal where the target has something in it
 */
export async function exportMlflow(tracking: Tracking, folder: string): Promise<Exported> {
  const root = resolve(folder)
  if (existsSync(root) && (await readdir(root)).length > 0) throw new Refusal(`${root} is not empty.`)
  await mkdir(join(root, '.trash'), { recursive: true })
  await mkdir(join(root, 'models'), { recursive: true })
  const done: Exported = { experiments: 0, runs: 0, points: 0, artifacts: 0, versions: 0 }
  for await (const experiment of paged(tracking, '/experiments/search', 'experiments', { view_type: 'ALL' })) {
    const id = String(experiment.experiment_id)
    const deleted = experiment.lifecycle_stage === 'deleted'
    const place = join(root, ...(deleted ? ['.trash'] : []), id)
    await meta(place, {
      artifact_location: `file://${place}`,
      creation_time: experiment.creation_time ?? null,
      experiment_id: id,
      last_update_time: experiment.last_update_time ?? null,
      lifecycle_stage: experiment.lifecycle_stage,
      name: experiment.name,
    })
    await files(join(place, 'tags'), pairsOf(experiment.tags))
    const asked = { experiment_ids: [id], run_view_type: 'ALL', max_results: 1000 }
    for await (const run of paged(tracking, '/runs/search', 'runs', asked)) {
      await exportRun(tracking, { run, place, done })
      done.runs += 1
    }
    done.experiments += 1
  }
  for await (const model of paged(tracking, '/registered-models/search', 'registered_models', {}, 'GET')) {
    await exportModel(tracking, { model, root, done })
  }
  return done
}

async function exportRun(
  tracking: Tracking,
  { run, place, done }: { readonly run: JsonObject; readonly place: string; readonly done: Exported },
): Promise<void> {
  const info = objectAt(run.info)
  const data = objectAt(run.data)
  const id = String(info.run_id)
  const folder = join(place, id)
  await meta(folder, {
    artifact_uri: `file://${folder}/artifacts`,
    end_time: info.end_time ?? null,
    entry_point_name: '',
    experiment_id: info.experiment_id,
    lifecycle_stage: info.lifecycle_stage,
    run_id: id,
    run_name: info.run_name ?? '',
    run_uuid: id,
    source_name: '',
    source_type: 4,
    source_version: '',
    start_time: info.start_time ?? null,
    status: STATUSES[String(info.status)] ?? 1,
    tags: [],
    user_id: info.user_id ?? '',
  })
  await files(join(folder, 'params'), pairsOf(data.params))
  await files(join(folder, 'tags'), pairsOf(data.tags))
  for (const metric of listOf(data.metrics)) {
    const file = join(folder, 'metrics', String(metric.key))
    await mkdir(dirname(file), { recursive: true })
    const asked = { run_id: id, metric_key: String(metric.key), max_results: 25_000 }
    for await (const points of pages(tracking, '/metrics/get-history', 'metrics', asked, 'GET')) {
      await appendFile(
        file,
        points.map(({ timestamp, value, step }) => `${timestamp} ${pythonNumber(value)} ${step}\n`).join(''),
      )
      done.points += points.length
    }
  }
  await exportDatasets(objectAt(run.inputs), place, folder)
  await mkdir(join(folder, 'artifacts'), { recursive: true })
  done.artifacts += await exportArtifacts(tracking, { id, folder: join(folder, 'artifacts'), path: '' })
}

async function exportArtifacts(
  tracking: Tracking,
  { id, folder, path }: { readonly id: string; readonly folder: string; readonly path: string },
): Promise<number> {
  let count = 0
  const asked = { run_id: id, ...(path !== '' && { path }) }
  for await (const file of paged(tracking, '/artifacts/list', 'files', asked, 'GET')) {
    const name = String(file.path)
    if (file.is_dir) {
      count += await exportArtifacts(tracking, { id, folder, path: name })
      continue
    }
    const target = join(folder, name)
    await mkdir(dirname(target), { recursive: true })
    await pipeline(await tracking.getArtifact(id, name), createWriteStream(target))
    count += 1
  }
  return count
}

async function exportDatasets(inputs: JsonObject, experiment: string, folder: string): Promise<void> {
  for (const [at, input] of listOf(inputs.dataset_inputs).entries()) {
    const dataset = objectAt(input.dataset)
    const id = `${dataset.digest}-${Buffer.from(String(dataset.name)).toString('hex').slice(0, 24)}`
    await meta(join(experiment, 'datasets', id), {
      digest: dataset.digest,
      name: dataset.name,
      profile: dataset.profile ?? null,
      schema: dataset.schema ?? null,
      source: dataset.source,
      source_type: dataset.source_type,
    })
    await meta(join(folder, 'inputs', `${id}-${at}`), {
      destination_id: folder.slice(folder.lastIndexOf('/') + 1),
      destination_type: 3,
      source_id: id,
      source_type: 1,
      tags: pairsOf(input.tags),
    })
  }
}

async function exportModel(
  tracking: Tracking,
  { model, root, done }: { readonly model: JsonObject; readonly root: string; readonly done: Exported },
): Promise<void> {
  const name = String(model.name)
  const folder = join(root, 'models', name)
  const times = ({ creation_timestamp, last_updated_timestamp }: JsonObject) => ({
    creation_timestamp: Number(creation_timestamp),
    last_updated_timestamp: Number(last_updated_timestamp),
  })
  await meta(folder, { aliases: {}, ...times(model), description: model.description ?? '', name, tags: {} })
  await files(join(folder, 'tags'), pairsOf(model.tags))
  await files(
    join(folder, 'aliases'),
    Object.fromEntries(listOf(model.aliases).map(({ alias, version }) => [String(alias), String(version)])),
  )
  const filter = `name='${name.replaceAll("'", "''")}'`
  for await (const version of paged(tracking, '/model-versions/search', 'model_versions', { filter }, 'GET')) {
    const place = join(folder, `version-${version.version}`)
    await meta(place, {
      aliases: [],
      ...times(version),
      current_stage: version.current_stage ?? 'None',
      description: version.description ?? '',
      name,
      run_id: version.run_id ?? '',
      run_link: '',
      source: version.source,
      status: 'READY',
      status_message: null,
      tags: {},
      user_id: null,
      version: Number(version.version),
    })
    await files(join(place, 'tags'), pairsOf(version.tags))
    done.versions += 1
  }
}

async function* pages(tracking: Tracking, path: string, name: string, asked: JsonObject, method = 'POST') {
  let token: string | undefined
  do {
    const fields = { ...asked, ...(token && { page_token: token }) }
    const query = new URLSearchParams(
      Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, String(value)])),
    )
    const page: JsonObject =
      method === 'GET' ? await tracking.mlflow('GET', `${path}?${query}`) : await tracking.mlflow('POST', path, fields)
    yield listOf(page[name])
    token = textAt(page.next_page_token) || undefined
  } while (token !== undefined)
}

async function* paged(...asked: Parameters<typeof pages>) {
  for await (const page of pages(...asked)) yield* page
}

const listOf = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.map(objectAt) : [])
const pairsOf = (value: unknown): Record<string, string> =>
  Object.fromEntries(listOf(value).map(({ key, value: text }) => [String(key), String(text ?? '')]))

async function meta(folder: string, body: JsonObject): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'meta.yaml'), stringify(body))
}

async function files(folder: string, texts: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [name, text] of Object.entries(texts)) {
    const path = resolve(folder, name)
    // A tag of run history's may have any name: none leads out of its folder.
    if (!path.startsWith(`${resolve(folder)}/`))
      throw new Refusal(`'${name}' can't be the name of a file below ${folder}.`)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
  }
}

/** As Python reads numbers. */
function pythonNumber(value: unknown): string {
  if (value === 'Infinity') return 'inf'
  if (value === '-Infinity') return '-inf'
  return String(value)
}

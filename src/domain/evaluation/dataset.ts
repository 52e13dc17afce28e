import { createHash, randomUUID } from 'node:crypto'
import { fault } from '../../faults.ts'
import { type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import type { TrackedDocument } from '../../store/documents.ts'
import type { Repositories } from '../../store/store.ts'
import type { Deps } from '../deps.ts'

export const DATASET = 'evaluation-dataset'
export const RECORD = 'evaluation-record'
const USER = 'mlflow.user'

/** A set of examples that applications are evaluated with; its records stand beside it. Times are epoch milliseconds. */
export interface EvaluationDataset {
  readonly workspace: string
  readonly id: string
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
  readonly schema?: string
  readonly digest: string
  readonly records: number
  readonly experimentIds: readonly string[]
  readonly createdAt: number
  readonly updatedAt: number
  readonly createdBy?: string
  readonly updatedBy?: string
}

export const datasetOf = ({ workspace, id, name, at, body }: TrackedDocument): EvaluationDataset => ({
  ...(body as unknown as Omit<EvaluationDataset, 'workspace' | 'id' | 'name' | 'createdAt'>),
  ...{ workspace, id, name, createdAt: at },
})

export const datasetDocument = ({ workspace, id, name, createdAt, ...body }: EvaluationDataset): TrackedDocument => ({
  ...{ workspace, kind: DATASET, id, owner: '', name, at: createdAt, body: objectAt({ ...body }) },
})

/** @throws EvaluationDatasetNotFound */
export async function findDataset(from: Repositories, workspace: string, id: string): Promise<EvaluationDataset> {
  const found = await from.documents.get(workspace, DATASET, id)
  if (!found) throw fault('EvaluationDatasetNotFound', { dataset: id })
  return datasetOf(found)
}

/** Eight characters that are others after every change. */
export const digestOf = (name: string, at: number): string =>
  createHash('sha256').update(`${name}:${at}:${randomUUID()}`).digest('hex').slice(0, 8)

/** Changes a dataset by what stands there when it is written. @throws EvaluationDatasetNotFound */
export async function changeDataset(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  workspace: string,
  { id, change }: { readonly id: string; readonly change: (dataset: EvaluationDataset) => EvaluationDataset },
): Promise<EvaluationDataset> {
  return await store.write(async (within) => {
    const changed = { ...change(await findDataset(within, workspace, id)), updatedAt: now().getTime() }
    await within.documents.put(datasetDocument(changed))
    return changed
  })
}

/** Removes a dataset with its records. @throws EvaluationDatasetNotFound */
export async function removeDataset({ store }: Pick<Deps, 'store'>, workspace: string, id: string): Promise<void> {
  await store.write(async (within) => {
    await findDataset(within, workspace, id)
    await within.documents.removeOwned(workspace, RECORD, id)
    await within.documents.remove(workspace, DATASET, [id])
  })
}

/**
 * Adds records, or changes those that have the same inputs: what is expected and tagged is merged.
 *
 * @throws EvaluationDatasetNotFound, ParameterInvalid for a record without inputs
 */
export async function upsertRecords(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  workspace: string,
  { id, records }: { readonly id: string; readonly records: readonly JsonObject[] },
): Promise<{ readonly inserted: number; readonly updated: number }> {
  const at = now().getTime()
  return await store.write(async (within) => {
    const dataset = await findDataset(within, workspace, id)
    let inserted = 0
    for (const record of records) {
      if (record.inputs === undefined || record.inputs === null) {
        throw fault('ParameterInvalid', { reason: "A record has 'inputs'." })
      }
      const key = `${id}/${createHash('sha256').update(canonical(record.inputs)).digest('hex')}`
      const known = await within.documents.get(workspace, RECORD, key)
      if (!known) inserted++
      const body = recordBody(record, { known: known?.body, dataset: id, at })
      await within.documents.put({ workspace, kind: RECORD, id: key, owner: id, name: '', at: known?.at ?? at, body })
    }
    const updatedBy = records
      .map((record) => textAt(objectAt(record.tags)[USER]))
      .findLast((user) => user !== undefined)
    const changed = {
      ...dataset,
      records: dataset.records + inserted,
      digest: digestOf(dataset.name, at),
      updatedAt: at,
      ...(updatedBy !== undefined && { updatedBy }),
    }
    await within.documents.put(datasetDocument(changed))
    return { inserted, updated: records.length - inserted }
  })
}

function recordBody(
  sent: JsonObject,
  { known, dataset, at }: { readonly known: JsonObject | undefined; readonly dataset: string; readonly at: number },
): JsonObject {
  const user = textAt(objectAt(sent.tags)[USER])
  const { source_type: sourceType } = objectAt(sent.source)
  return {
    dataset_record_id: `dr-${randomUUID().replaceAll('-', '')}`,
    created_time: at,
    ...(user !== undefined && { created_by: user }),
    ...known,
    dataset_id: dataset,
    inputs: sent.inputs,
    expectations: { ...objectAt(known?.expectations), ...objectAt(sent.expectations) },
    tags: { ...objectAt(known?.tags), ...objectAt(sent.tags) },
    ...(sent.outputs !== undefined && { outputs: sent.outputs }),
    ...(sent.source !== undefined && sent.source !== null && { source: sent.source, source_type: sourceType ?? null }),
    last_update_time: at,
    ...(user !== undefined && { last_updated_by: user }),
  }
}

/** The same text for the same value, in whatever order its keys were written. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value as JsonObject).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one ?? null)}`).join(',')}}`
}

/** Removes records by their ids, and answers how many there were. @throws EvaluationDatasetNotFound */
export async function removeRecords(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  workspace: string,
  { id, records }: { readonly id: string; readonly records: readonly string[] },
): Promise<number> {
  const at = now().getTime()
  return await store.write(async (within) => {
    const dataset = await findDataset(within, workspace, id)
    const { items } = await within.documents.find(workspace, RECORD, { owners: [id] })
    const gone = items.filter(({ body }) => records.includes(textAt(body.dataset_record_id) ?? ''))
    await within.documents.remove(
      workspace,
      RECORD,
      gone.map((record) => record.id),
    )
    const left = { ...dataset, records: items.length - gone.length, digest: digestOf(dataset.name, at), updatedAt: at }
    await within.documents.put(datasetDocument(left))
    return gone.length
  })
}

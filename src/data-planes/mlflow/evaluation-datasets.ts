import { randomUUID } from 'node:crypto'
import { Type } from 'typebox'
import {
  changeDataset,
  DATASET,
  datasetDocument,
  datasetOf,
  digestOf,
  type EvaluationDataset,
  findDataset,
  RECORD,
  removeDataset,
  removeRecords,
  upsertRecords,
} from '../../domain/evaluation/dataset.ts'
import { findExperiment } from '../../domain/experiments/find-experiment.ts'
import { datasetFields } from '../../domain/search/fields.ts'
import { parseFilter } from '../../domain/search/filter.ts'
import type { FieldValue } from '../../domain/search/matches.ts'
import { type OrderBy, parseOrder } from '../../domain/search/order.ts'
import { pageToken, readPageToken } from '../../domain/search/page-token.ts'
import { searchItems } from '../../domain/search/search-items.ts'
import { fault } from '../../faults.ts'
import { isObject, type JsonObject, objectAt } from '../../json.ts'
import type { Repositories } from '../../store/store.ts'
import { limitOf } from './listing.ts'
import { mlflow, required } from './mlflow-operation.ts'
import { Whole } from './schemas.ts'

const read = 'experiments/read'
const write = 'experiments/write'
const ONE = '/datasets/{dataset_id}'
const USER = 'mlflow.user'
const text = Type.Optional(Type.String())
const texts = Type.Optional(Type.Array(Type.String()))
const MOST_RECORDS = 10_000

const present = (dataset: EvaluationDataset): JsonObject => ({
  dataset_id: dataset.id,
  name: dataset.name,
  tags: JSON.stringify(dataset.tags),
  ...(dataset.schema !== undefined && { schema: dataset.schema }),
  profile: JSON.stringify({ num_records: dataset.records }),
  digest: dataset.digest,
  created_time: dataset.createdAt,
  last_update_time: dataset.updatedAt,
  ...(dataset.createdBy !== undefined && { created_by: dataset.createdBy }),
  ...(dataset.updatedBy !== undefined && { last_updated_by: dataset.updatedBy }),
  experiment_ids: [...dataset.experimentIds],
})

/** Fields that MLflow sends as texts of JSON. @throws ParameterInvalid */
function parsed(name: string, value: string): unknown {
  try {
    return JSON.parse(value)
  } catch (cause) {
    throw fault(
      'ParameterInvalid',
      { reason: `Invalid value for parameter '${name}' supplied: it is no JSON.` },
      { cause },
    )
  }
}

function tagsIn(value: string | undefined): Record<string, string | null> {
  const tags = value === undefined ? {} : parsed('tags', value)
  if (!isObject(tags))
    throw fault('ParameterInvalid', { reason: "Invalid value for parameter 'tags': it is no object." })
  return Object.fromEntries(Object.entries(tags).map(([key, one]) => [key, one === null ? null : String(one)]))
}

/** @throws ExperimentNotFound */
const experimentsNamed = (from: Repositories, workspace: string, ids: readonly string[]): Promise<readonly string[]> =>
  Promise.all(ids.map(async (id) => (await findExperiment(from, workspace, id)).id))

const attributes: Readonly<Record<string, (dataset: EvaluationDataset) => FieldValue>> = {
  name: ({ name }) => name,
  dataset_id: ({ id }) => id,
  created_by: ({ createdBy }) => createdBy,
  last_updated_by: ({ updatedBy }) => updatedBy,
  created_time: ({ createdAt }) => createdAt,
  last_update_time: ({ updatedAt }) => updatedAt,
}
const NEWEST: readonly OrderBy[] = [
  { entity: 'attributes', key: 'created_time', descending: true },
  { entity: 'attributes', key: 'dataset_id', descending: false },
]

const search = (method: 'GET' | 'POST') =>
  mlflow({
    name: 'searchEvaluationDatasets',
    method,
    api: '3.0',
    path: '/datasets/search',
    right: read,
    input: Type.Object({
      experiment_ids: texts,
      filter_string: text,
      max_results: Type.Optional(Whole),
      order_by: texts,
      page_token: text,
    }),
    async answer({ store }, { input, workspace }): Promise<JsonObject> {
      const within = await experimentsNamed(store, workspace.key, input.experiment_ids ?? [])
      const { items } = await store.documents.find(workspace.key, DATASET)
      const shown = items
        .map(datasetOf)
        .filter(({ experimentIds }) => within.length === 0 || experimentIds.some((id) => within.includes(id)))
      const page = searchItems(shown, {
        filter: parseFilter(input.filter_string ?? '', datasetFields),
        order: [...parseOrder(input.order_by ?? [], datasetFields), ...NEWEST],
        read: (dataset) => (entity, key) =>
          entity === 'tags' ? dataset.tags[key] : attributes[key.toLowerCase()]?.(dataset),
        limit: limitOf(input.max_results, { usual: 1000, most: 50_000 }),
        after: readPageToken(input.page_token),
      })
      return {
        datasets: page.items.map(present),
        ...(page.next !== undefined && { next_page_token: pageToken(page.next) }),
      }
    },
  })

/** Adds a dataset to experiments, or takes it out of them. */
const belonging = (way: 'add' | 'remove') =>
  mlflow({
    name: way === 'add' ? 'addDatasetToExperiments' : 'removeDatasetFromExperiments',
    method: 'POST',
    api: '3.0',
    path: `${ONE}/${way}-experiments`,
    right: write,
    input: Type.Object({ dataset_id: text, experiment_ids: texts }),
    async answer(deps, { input, params, workspace }) {
      const ids = await experimentsNamed(deps.store, workspace.key, input.experiment_ids ?? [])
      const dataset = await changeDataset(deps, workspace.key, {
        id: params.dataset_id ?? '',
        change: (known) => ({
          ...known,
          experimentIds:
            way === 'add'
              ? [...new Set([...known.experimentIds, ...ids])]
              : known.experimentIds.filter((id) => !ids.includes(id)),
        }),
      })
      return { dataset: present(dataset) }
    },
  })

/** Datasets that applications are evaluated with. */
export const evaluationDatasetOperations = [
  mlflow({
    name: 'createDataset',
    method: 'POST',
    api: '3.0',
    path: '/datasets/create',
    right: write,
    input: Type.Object({
      name: text,
      experiment_ids: texts,
      source_type: text,
      source: text,
      schema: text,
      profile: text,
      created_by: text,
      tags: text,
    }),
    async answer(deps, { input, caller, workspace }): Promise<JsonObject> {
      const name = required('name', input.name)
      const experimentIds = await experimentsNamed(deps.store, workspace.key, input.experiment_ids ?? [])
      const tags = Object.fromEntries(Object.entries(tagsIn(input.tags)).map(([key, value]) => [key, value ?? '']))
      const at = deps.now().getTime()
      const createdBy = input.created_by || tags[USER] || caller.displayName
      const dataset: EvaluationDataset = {
        workspace: workspace.key,
        id: `d-${randomUUID().replaceAll('-', '')}`,
        digest: digestOf(name, at),
        ...{ name, tags, experimentIds, createdBy, updatedBy: createdBy, records: 0, createdAt: at, updatedAt: at },
        ...(input.schema !== undefined && { schema: input.schema }),
      }
      await deps.store.write((within) => within.documents.put(datasetDocument(dataset)))
      return { dataset: present(dataset) }
    },
  }),
  search('GET'),
  search('POST'),
  mlflow({
    name: 'getDataset',
    method: 'GET',
    api: '3.0',
    path: ONE,
    right: read,
    async answer({ store }, { params, workspace }) {
      return { dataset: present(await findDataset(store, workspace.key, params.dataset_id ?? '')) }
    },
  }),
  mlflow({
    name: 'deleteDataset',
    method: 'DELETE',
    api: '3.0',
    path: ONE,
    right: write,
    async answer(deps, { params, workspace }) {
      await removeDataset(deps, workspace.key, params.dataset_id ?? '')
      return {}
    },
  }),
  mlflow({
    name: 'setDatasetTags',
    method: 'PATCH',
    api: '3.0',
    path: `${ONE}/tags`,
    right: write,
    input: Type.Object({ dataset_id: text, tags: text }),
    async answer(deps, { input, params, workspace }) {
      const sent = Object.entries(tagsIn(required('tags', input.tags)))
      const dataset = await changeDataset(deps, workspace.key, {
        id: params.dataset_id ?? '',
        change: (known) => {
          const kept = Object.entries(known.tags).filter(([key]) => !sent.some(([name]) => name === key))
          const added = sent.filter((entry): entry is [string, string] => entry[1] !== null)
          return { ...known, tags: Object.fromEntries([...kept, ...added]) }
        },
      })
      return { dataset: present(dataset) }
    },
  }),
  mlflow({
    name: 'deleteDatasetTag',
    method: 'DELETE',
    api: '3.0',
    path: `${ONE}/tags/{key}`,
    right: write,
    async answer(deps, { params, workspace }) {
      await changeDataset(deps, workspace.key, {
        id: params.dataset_id ?? '',
        change: (known) => ({
          ...known,
          tags: Object.fromEntries(Object.entries(known.tags).filter(([key]) => key !== params.key)),
        }),
      })
      return {}
    },
  }),
  mlflow({
    name: 'upsertDatasetRecords',
    method: 'POST',
    api: '3.0',
    path: `${ONE}/records`,
    right: write,
    input: Type.Object({ dataset_id: text, records: text, updated_by: text }),
    async answer(deps, { input, params, workspace }) {
      const records = parsed('records', required('records', input.records))
      if (!Array.isArray(records) || records.length > MOST_RECORDS || !records.every(isObject)) {
        throw fault('ParameterInvalid', {
          reason: `Invalid value for parameter 'records' supplied: it is no list of at most ${MOST_RECORDS} records.`,
        })
      }
      const wish = { id: params.dataset_id ?? '', records: records.map(objectAt) }
      const { inserted, updated } = await upsertRecords(deps, workspace.key, wish)
      return { inserted_count: inserted, updated_count: updated }
    },
  }),
  mlflow({
    name: 'getDatasetRecords',
    method: 'GET',
    api: '3.0',
    path: `${ONE}/records`,
    right: read,
    input: Type.Object({ max_results: Type.Optional(Whole), page_token: text }),
    async answer({ store }, { input, params, workspace }): Promise<JsonObject> {
      const { id } = await findDataset(store, workspace.key, params.dataset_id ?? '')
      const after = readPageToken(input.page_token)
      const page = await store.documents.find(workspace.key, RECORD, {
        owners: [id],
        limit: limitOf(input.max_results, { usual: 1000, most: MOST_RECORDS }),
        ...(after !== undefined && { after }),
      })
      return {
        records: JSON.stringify(page.items.map(({ body }) => body)),
        ...(page.next !== undefined && { next_page_token: pageToken(page.next) }),
      }
    },
  }),
  mlflow({
    name: 'deleteDatasetRecords',
    method: 'DELETE',
    api: '3.0',
    path: `${ONE}/records`,
    right: write,
    input: Type.Object({ dataset_id: text, dataset_record_ids: texts }),
    async answer(deps, { input, params, workspace }) {
      const wish = { id: params.dataset_id ?? '', records: input.dataset_record_ids ?? [] }
      return { deleted_count: await removeRecords(deps, workspace.key, wish) }
    },
  }),
  mlflow({
    name: 'getDatasetExperimentIds',
    method: 'GET',
    api: '3.0',
    path: `${ONE}/experiment-ids`,
    right: read,
    async answer({ store }, { params, workspace }) {
      return { experiment_ids: [...(await findDataset(store, workspace.key, params.dataset_id ?? '')).experimentIds] }
    },
  }),
  belonging('add'),
  belonging('remove'),
]

import { Type } from 'typebox'
import { changeExperiment, createExperiment } from '../../domain/experiments/change-experiment.ts'
import { findExperiment } from '../../domain/experiments/find-experiment.ts'
import { matches, parseFilter } from '../../domain/search/filter.ts'
import { parseOrder, sorted } from '../../domain/search/order.ts'
import { pageToken, readOffset } from '../../domain/search/page-token.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import type { Experiment } from '../../store/runs.ts'
import { mlflow, required } from './mlflow-operation.ts'
import { presentExperiment } from './present.ts'
import { KeyValue, Whole } from './schemas.ts'

const read = 'experiments/read'
const write = 'experiments/write'
const ById = Type.Object({ experiment_id: Type.Optional(Type.String()) })

const SearchExperiments = Type.Object({
  max_results: Type.Optional(Whole),
  page_token: Type.Optional(Type.String()),
  filter: Type.Optional(Type.String()),
  order_by: Type.Optional(Type.Union([Type.Array(Type.String()), Type.String()])),
  view_type: Type.Optional(Type.String()),
})
const DEFAULT_RESULTS = 1000

const attribute = (experiment: Experiment, key: string): string | number | undefined => {
  switch (key.toLowerCase()) {
    case 'name':
      return experiment.name
    case 'experiment_id':
      return experiment.id
    case 'creation_time':
      return Date.parse(experiment.createdAt)
    case 'last_update_time':
      return Date.parse(experiment.updatedAt)
    default:
      throw fault('ParameterInvalid', { reason: `Invalid attribute key '${key}' specified.` })
  }
}

const search = (method: 'GET' | 'POST') =>
  mlflow({
    name: 'searchExperiments',
    method,
    path: '/experiments/search',
    right: read,
    input: SearchExperiments,
    async answer({ store }, { input, ...asked }): Promise<JsonObject> {
      const filter = parseFilter(input.filter ?? '')
      const order = parseOrder([input.order_by ?? []].flat())
      const view = input.view_type ?? 'ACTIVE_ONLY'
      const { items } = await store.runs.experiments(asked.workspace.key)
      const shown = items.filter(
        ({ deletedAt }) => view === 'ALL' || (deletedAt === undefined) === (view !== 'DELETED_ONLY'),
      )
      const value = (one: Experiment, entity: string, key: string) =>
        entity === 'tags' ? one.tags[key] : attribute(one, key)
      const found = shown.filter((one) => matches(filter, (entity, key) => value(one, entity, key)))
      const inOrder = order.length > 0 ? sorted(found, order, value) : found.toReversed()
      const start = readOffset(input.page_token)
      const end = start + Number(input.max_results ?? DEFAULT_RESULTS)
      return {
        experiments: inOrder.slice(start, end).map((one) => presentExperiment(one, asked)),
        ...(end < inOrder.length && { next_page_token: pageToken(String(end)) }),
      }
    },
  })

/** MLflow's experiments. */
export const experimentOperations = [
  mlflow({
    name: 'createExperiment',
    method: 'POST',
    path: '/experiments/create',
    right: write,
    input: Type.Object({ name: Type.Optional(Type.String()), tags: Type.Optional(Type.Array(KeyValue)) }),
    async answer(deps, { input, workspace }) {
      const tags = Object.fromEntries((input.tags ?? []).map(({ key, value = '' }) => [key, value]))
      const { id } = await createExperiment(deps, workspace.key, { name: required('name', input.name), tags })
      return { experiment_id: id }
    },
  }),
  mlflow({
    name: 'getExperiment',
    method: 'GET',
    path: '/experiments/get',
    right: read,
    input: ById,
    async answer({ store }, { input, ...asked }) {
      const id = required('experiment_id', input.experiment_id)
      return { experiment: presentExperiment(await findExperiment(store, asked.workspace.key, id), asked) }
    },
  }),
  mlflow({
    name: 'getExperimentByName',
    method: 'GET',
    path: '/experiments/get-by-name',
    right: read,
    input: Type.Object({ experiment_name: Type.Optional(Type.String()) }),
    async answer({ store }, { input, ...asked }) {
      const name = required('experiment_name', input.experiment_name)
      const found = await store.runs.experimentByName(asked.workspace.key, name)
      if (!found) throw fault('ExperimentNotFound', { experiment: name })
      return { experiment: presentExperiment(found, asked) }
    },
  }),
  search('GET'),
  search('POST'),
  mlflow({
    name: 'updateExperiment',
    method: 'POST',
    path: '/experiments/update',
    right: write,
    input: Type.Object({ experiment_id: Type.Optional(Type.String()), new_name: Type.Optional(Type.String()) }),
    async answer(deps, { input, workspace }) {
      const experiment = required('experiment_id', input.experiment_id)
      await changeExperiment(deps, workspace.key, { experiment, name: required('new_name', input.new_name) })
      return {}
    },
  }),
  mlflow({
    name: 'deleteExperiment',
    method: 'POST',
    path: '/experiments/delete',
    right: 'experiments/delete',
    input: ById,
    async answer(deps, { input, workspace }) {
      const experiment = required('experiment_id', input.experiment_id)
      await changeExperiment(deps, workspace.key, { experiment, archived: true })
      return {}
    },
  }),
  mlflow({
    name: 'restoreExperiment',
    method: 'POST',
    path: '/experiments/restore',
    right: write,
    input: ById,
    async answer(deps, { input, workspace }) {
      const experiment = required('experiment_id', input.experiment_id)
      await changeExperiment(deps, workspace.key, { experiment, archived: false })
      return {}
    },
  }),
  mlflow({
    name: 'setExperimentTag',
    method: 'POST',
    path: '/experiments/set-experiment-tag',
    right: write,
    input: Type.Object({
      experiment_id: Type.Optional(Type.String()),
      key: Type.Optional(Type.String()),
      value: Type.Optional(Type.String()),
    }),
    async answer(deps, { input, workspace }) {
      const experiment = required('experiment_id', input.experiment_id)
      const tags = { [required('key', input.key)]: input.value ?? '' }
      await changeExperiment(deps, workspace.key, { experiment, tags })
      return {}
    },
  }),
]

import { Type } from 'typebox'
import { changeExperiment, createExperiment } from '../../domain/experiments/change-experiment.ts'
import { datasetsOf } from '../../domain/experiments/datasets-of.ts'
import { experimentIdsOf, findExperiment } from '../../domain/experiments/find-experiment.ts'
import { checkExperimentName, checkExperimentTags } from '../../domain/metrics/limits.ts'
import { experimentFields } from '../../domain/search/fields.ts'
import { parseFilter } from '../../domain/search/filter.ts'
import type { FieldValue } from '../../domain/search/matches.ts'
import { type OrderBy, parseOrder } from '../../domain/search/order.ts'
import { pageToken, readPageToken } from '../../domain/search/page-token.ts'
import { searchItems } from '../../domain/search/search-items.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import type { Experiment } from '../../store/runs.ts'
import { limitOf, viewOf } from './listing.ts'
import { mlflow, required } from './mlflow-operation.ts'
import { presentExperiment } from './present.ts'
import { KeyValue, recordOf, Whole } from './schemas.ts'

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
const MOST_RESULTS = 50_000
const MOST_EXPERIMENTS = 20

const attributes: Readonly<Record<string, (experiment: Experiment) => string | number>> = {
  name: ({ name }) => name,
  experiment_id: ({ id }) => id,
  creation_time: ({ createdAt }) => Date.parse(createdAt),
  last_update_time: ({ updatedAt }) => Date.parse(updatedAt),
}

const reader =
  (one: Experiment) =>
  (entity: string, key: string): FieldValue =>
    entity === 'tags' ? one.tags[key] : attributes[key.toLowerCase()]?.(one)

/** The newest first; the id last, which no two have alike. */
const NEWEST: readonly OrderBy[] = [
  { entity: 'attributes', key: 'creation_time', descending: true },
  { entity: 'attributes', key: 'experiment_id', descending: false },
]

const search = (method: 'GET' | 'POST') =>
  mlflow({
    name: 'searchExperiments',
    method,
    path: '/experiments/search',
    right: read,
    input: SearchExperiments,
    async answer({ store }, { input, ...asked }): Promise<JsonObject> {
      const filter = parseFilter(input.filter ?? '', experimentFields)
      const order = parseOrder([input.order_by ?? []].flat(), experimentFields)
      const shownOnly = viewOf(input.view_type)
      const { items } = await store.runs.experiments(asked.workspace.key)
      const page = searchItems(items.filter(shownOnly), {
        filter,
        order: [...order, ...NEWEST],
        read: reader,
        limit: limitOf(input.max_results, { usual: DEFAULT_RESULTS, most: MOST_RESULTS }),
        after: readPageToken(input.page_token),
      })
      return {
        experiments: page.items.map((one) => presentExperiment(one, asked)),
        ...(page.next !== undefined && { next_page_token: pageToken(page.next) }),
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
    input: Type.Object({
      name: Type.Optional(Type.String()),
      artifact_location: Type.Optional(Type.String()),
      tags: Type.Optional(Type.Array(KeyValue)),
    }),
    async answer(deps, { input, workspace }) {
      const name = required('name', input.name)
      const location = input.artifact_location
      // Files lie in the workspace's own store, where jobs and the resource manager look for them.
      if (location) throw fault('ArtifactLocationFixed', { location })
      const tags = recordOf(input.tags)
      checkExperimentName(name)
      checkExperimentTags(tags)
      const { id } = await createExperiment(deps, workspace.key, { name, tags, anyName: true })
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
      const name = required('new_name', input.new_name)
      checkExperimentName(name)
      const { deletedAt } = await findExperiment(deps.store, workspace.key, experiment)
      if (deletedAt !== undefined) throw fault('ExperimentIsDeleted', { experiment })
      await changeExperiment(deps, workspace.key, { experiment, name, anyName: true })
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
      checkExperimentTags(tags)
      const { deletedAt } = await findExperiment(deps.store, workspace.key, experiment)
      if (deletedAt !== undefined) throw fault('ExperimentIsDeleted', { experiment })
      await changeExperiment(deps, workspace.key, { experiment, tags })
      return {}
    },
  }),
  mlflow({
    name: 'deleteExperimentTag',
    method: 'POST',
    path: '/experiments/delete-experiment-tag',
    right: write,
    input: Type.Object({ experiment_id: Type.Optional(Type.String()), key: Type.Optional(Type.String()) }),
    async answer(deps, { input, workspace }) {
      const experiment = required('experiment_id', input.experiment_id)
      const tag = required('key', input.key)
      const { tags } = await findExperiment(deps.store, workspace.key, experiment)
      if (!Object.hasOwn(tags, tag)) throw fault('ExperimentTagNotFound', { tag, experiment })
      await changeExperiment(deps, workspace.key, { experiment, removeTags: [tag] })
      return {}
    },
  }),
  mlflow({
    name: 'searchDatasets',
    method: 'POST',
    path: '/experiments/search-datasets',
    right: 'experiments/runs/read',
    input: Type.Object({ experiment_ids: Type.Optional(Type.Array(Type.String())) }),
    async answer({ store }, { input, workspace }) {
      const asked = input.experiment_ids ?? []
      if (asked.length === 0 || asked.length > MOST_EXPERIMENTS) {
        throw fault('ParameterInvalid', {
          reason: `SearchDatasets request must specify at least one experiment_id and at most ${MOST_EXPERIMENTS}.`,
        })
      }
      const ids = await experimentIdsOf(store, workspace.key, asked)
      return { dataset_summaries: await datasetsOf(store, workspace.key, ids) }
    },
  }),
]

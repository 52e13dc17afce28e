import { Type } from 'typebox'
import { findScorers, registerScorer, removeScorers, type Scorer, scorersOf } from '../../domain/evaluation/scorers.ts'
import { findExperiment } from '../../domain/experiments/find-experiment.ts'
import type { JsonObject } from '../../json.ts'
import type { Repositories } from '../../store/store.ts'
import { mlflow, required } from './mlflow-operation.ts'
import { Whole } from './schemas.ts'

const read = 'experiments/read'
const write = 'experiments/write'
const text = Type.Optional(Type.String())
const Named = Type.Object({ experiment_id: text, name: text, version: Type.Optional(Whole) })

/** A scorer as MLflow shows it. Its experiment's id is a number there, which those here are not: it is left out. */
const present = ({ name, version, id, serialized, createdAt }: Scorer): JsonObject => ({
  scorer_name: name,
  scorer_version: version,
  serialized_scorer: serialized,
  creation_time: createdAt,
  scorer_id: id,
})

interface Sent {
  readonly experiment_id?: string
  readonly name?: string
  readonly version?: number | string
}

/** @throws ExperimentNotFound, ParameterInvalid */
async function namedBy(from: Repositories, workspace: string, { experiment_id, name, version }: Sent) {
  const { id } = await findExperiment(from, workspace, required('experiment_id', experiment_id))
  const of = { experimentId: id, name: required('name', name) }
  return { ...of, ...(version !== undefined && { version: Number(version) }) }
}

/** What judges traces, by experiment. */
export const scorerOperations = [
  mlflow({
    name: 'registerScorer',
    method: 'POST',
    api: '3.0',
    path: '/scorers/register',
    right: write,
    input: Type.Object({ experiment_id: text, name: text, serialized_scorer: text }),
    async answer(deps, { input, workspace }) {
      const scorer = await registerScorer(deps, workspace.key, {
        experiment: required('experiment_id', input.experiment_id),
        name: required('name', input.name),
        serialized: required('serialized_scorer', input.serialized_scorer),
      })
      return {
        version: scorer.version,
        scorer_id: scorer.id,
        experiment_id: scorer.experimentId,
        name: scorer.name,
        serialized_scorer: scorer.serialized,
        creation_time: scorer.createdAt,
      }
    },
  }),
  mlflow({
    name: 'listScorers',
    method: 'GET',
    api: '3.0',
    path: '/scorers/list',
    right: read,
    input: Type.Object({ experiment_id: text, experiment_ids: Type.Optional(Type.Array(Type.String())) }),
    async answer({ store }, { input, workspace }) {
      const asked = input.experiment_ids ?? [required('experiment_id', input.experiment_id)]
      const newest = new Map<string, Scorer>()
      for (const experiment of asked) {
        const { id } = await findExperiment(store, workspace.key, experiment)
        for (const scorer of await scorersOf(store, workspace.key, { experimentId: id })) newest.set(scorer.id, scorer)
      }
      return { scorers: [...newest.values()].map(present) }
    },
  }),
  mlflow({
    name: 'listScorerVersions',
    method: 'GET',
    api: '3.0',
    path: '/scorers/versions',
    right: read,
    input: Named,
    async answer({ store }, { input, workspace }) {
      const { experimentId, name } = await namedBy(store, workspace.key, input)
      return { scorers: (await findScorers(store, workspace.key, { experimentId, name })).map(present) }
    },
  }),
  mlflow({
    name: 'getScorer',
    method: 'GET',
    api: '3.0',
    path: '/scorers/get',
    right: read,
    input: Named,
    async answer({ store }, { input, workspace }) {
      const found = await findScorers(store, workspace.key, await namedBy(store, workspace.key, input))
      return { scorer: found.map(present).at(-1) }
    },
  }),
  mlflow({
    name: 'getOnlineScoringConfigs',
    method: 'GET',
    api: '3.0',
    path: '/scorers/online-configs',
    right: read,
    input: Type.Object({ scorer_ids: Type.Optional(Type.Array(Type.String())) }),
    // None judges traces as they come: that needs a model, and is refused when it is asked for.
    answer: async () => ({ configs: [] }),
  }),
  mlflow({
    name: 'deleteScorer',
    method: 'DELETE',
    api: '3.0',
    path: '/scorers/delete',
    right: write,
    input: Named,
    async answer(deps, { input, workspace }) {
      await removeScorers(deps, workspace.key, await namedBy(deps.store, workspace.key, input))
      return {}
    },
  }),
]

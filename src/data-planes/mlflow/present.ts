import { artifactRoot, experimentRoot } from '../../domain/models/model-source.ts'
import { mlflowStatus } from '../../domain/runs/run-states.ts'
import { shownTags } from '../../domain/runs/shown-tags.ts'
import type { JsonObject } from '../../json.ts'
import type { Experiment, MetricPoint, Run } from '../../store/runs.ts'
import type { RegionalRequest } from '../operation.ts'
import { keyValues, presentValue } from './schemas.ts'

export type Asked = Pick<RegionalRequest<string, never, never>, 'origin' | 'workspace' | 'plain'>

export const renderingOf = ({ origin, workspace, plain }: Asked) => ({
  plain,
  origin,
  region: workspace.region,
  workspaceId: workspace.id,
})

/** An experiment as MLflow shows it. Its artifacts lie with its runs; the location only names it. */
export const presentExperiment = (experiment: Experiment, asked: Asked): JsonObject => ({
  experiment_id: experiment.id,
  name: experiment.name,
  artifact_location: experimentRoot(renderingOf(asked), experiment.id),
  lifecycle_stage: experiment.deletedAt === undefined ? 'active' : 'deleted',
  creation_time: Date.parse(experiment.createdAt),
  last_update_time: Date.parse(experiment.updatedAt),
  tags: keyValues(experiment.tags),
})

export const presentInfo = (run: Run, asked: Asked): JsonObject => ({
  run_id: run.id,
  run_uuid: run.id,
  run_name: run.displayName,
  experiment_id: run.experimentId,
  user_id: shownTags(run)['mlflow.user'] ?? '',
  status: mlflowStatus(run.status),
  start_time: Date.parse(run.startedAt ?? run.createdAt),
  ...(run.endedAt !== undefined && { end_time: Date.parse(run.endedAt) }),
  artifact_uri: artifactRoot(renderingOf(asked), run),
  lifecycle_stage: run.deletedAt === undefined ? 'active' : 'deleted',
})

export const presentMetric = ({ key, value, at, step }: MetricPoint): JsonObject => ({
  key,
  value: presentValue(value),
  // Clients of run history tell times finer than MLflow knows.
  timestamp: Math.floor(at),
  step,
})

export const presentRun = (run: Run, metrics: readonly MetricPoint[], asked: Asked): JsonObject => ({
  info: presentInfo(run, asked),
  data: {
    metrics: metrics.map(presentMetric),
    params: keyValues(run.params),
    tags: keyValues(shownTags(run)),
  },
  inputs: {
    dataset_inputs: run.datasets ?? [],
    model_inputs: modelsOf(run, 'input').map(({ id }) => ({ model_id: id })),
  },
  outputs: { model_outputs: modelsOf(run, 'output').map(({ id, step }) => ({ model_id: id, step })) },
})

const modelsOf = (run: Run, wanted: 'input' | 'output') => (run.models ?? []).filter(({ role }) => role === wanted)

import { MODEL_TYPE, statusWord } from '../../domain/models/logged-model.ts'
import { measuresOf } from '../../domain/models/measures.ts'
import { artifactRoot, loggedModelPath, SOURCE_RUN } from '../../domain/models/model-source.ts'
import { registrationsOf } from '../../domain/models/registrations.ts'
import type { JsonObject } from '../../json.ts'
import type { Run } from '../../store/runs.ts'
import type { Repositories } from '../../store/store.ts'
import { type Asked, renderingOf } from './present.ts'
import { keyValues, presentValue } from './schemas.ts'

/** The root of a logged model's files. */
export function loggedModelRoot(model: Run, asked: Asked): string {
  const { run, path } = loggedModelPath(model)
  return `${artifactRoot(renderingOf(asked), { id: run, experimentId: model.experimentId })}/${path}`
}

/** A logged model as MLflow shows it, with the versions of registered models that it became. */
export async function presentLoggedModel(from: Repositories, model: Run, asked: Asked): Promise<JsonObject> {
  const source = model.properties[SOURCE_RUN]
  const versions = await registrationsOf(from, asked.workspace.id, model)
  return {
    info: {
      model_id: model.id,
      experiment_id: model.experimentId,
      name: model.displayName,
      creation_timestamp_ms: Date.parse(model.createdAt),
      last_updated_timestamp_ms: Date.parse(model.endedAt ?? model.createdAt),
      artifact_uri: loggedModelRoot(model, asked),
      status: statusWord(model.status),
      model_type: model.properties[MODEL_TYPE] ?? '',
      ...(source && { source_run_id: source }),
      tags: keyValues(model.tags),
      registrations: versions.map(({ name, version }) => ({ name, version })),
    },
    data: {
      params: keyValues(model.params),
      metrics: measuresOf(model).map(({ key, value, step, at, run, dataset }) => ({
        key,
        value: presentValue(value),
        timestamp: Math.floor(at),
        step,
        model_id: model.id,
        run_id: run,
        ...(dataset && { dataset_name: dataset.name, dataset_digest: dataset.digest }),
      })),
    },
  }
}

import type { Face } from '../operation.ts'
import { artifactOperations } from './artifacts.ts'
import { mlflowRefusal } from './errors.ts'
import { experimentOperations } from './experiments.ts'
import { loggedModelOperations } from './logged-models.ts'
import { loggingOperations } from './logging.ts'
import { modelVersionOperations } from './model-versions.ts'
import { registeredModelOperations } from './registered-models.ts'
import { runOperations } from './runs.ts'

/** MLflow's tracking server and model registry, per workspace. */
export const mlflowFace: Face = {
  name: 'MLflow',
  prefixes: ['/mlflow/v2.0', '/mlflow/v1.0'],
  refuse: mlflowRefusal,
  operations: [
    ...experimentOperations,
    ...runOperations,
    ...loggingOperations,
    ...artifactOperations,
    ...loggedModelOperations,
    ...registeredModelOperations,
    ...modelVersionOperations,
  ],
}

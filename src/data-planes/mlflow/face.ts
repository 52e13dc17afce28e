import type { Face } from '../operation.ts'
import { artifactServiceOperations } from './artifact-service.ts'
import { artifactOperations } from './artifacts.ts'
import { assessmentOperations } from './assessments.ts'
import { invalidParameter, mlflowRefusal } from './errors.ts'
import { evaluationDatasetOperations } from './evaluation-datasets.ts'
import { experimentOperations } from './experiments.ts'
import { issueOperations } from './issues.ts'
import { labelSchemaOperations } from './label-schemas.ts'
import { legacyTraceOperations } from './legacy-traces.ts'
import { loggedModelOperations } from './logged-models.ts'
import { loggingOperations } from './logging.ts'
import { metricOperations } from './metrics.ts'
import { modelVersionOperations } from './model-versions.ts'
import { otlpOperations } from './otlp.ts'
import { registeredModelOperations } from './registered-models.ts'
import { reviewQueueOperations } from './review-queues.ts'
import { runOperations } from './runs.ts'
import { scorerOperations } from './scorers.ts'
import { sentFileOperations } from './sent-files.ts'
import { serverOperations } from './server.ts'
import { traceAnalysisOperations } from './trace-analysis.ts'
import { traceFileOperations } from './trace-files.ts'
import { traceOperations } from './traces.ts'
import { webhookOperations } from './webhooks.ts'

const REGISTRY = /^\/api\/2\.0\/mlflow\/(registered-models|model-versions)\//

/** A search for everything had another name. */
const lists: Readonly<Record<string, readonly string[]>> = {
  '/api/2.0/mlflow/experiments/search': ['/api/2.0/mlflow/experiments/list'],
  '/api/2.0/mlflow/registered-models/search': ['/api/2.0/preview/mlflow/registered-models/list'],
}

/** MLflow's tracking server and model registry, per workspace. */
export const mlflowFace: Face = {
  name: 'MLflow',
  prefixes: ['/mlflow/v2.0', '/mlflow/v1.0'],
  refuse: mlflowRefusal,
  plain: '/mlflow',
  // The paths that MLflow's pages ask, and those that MLflow before 2.0 does.
  alsoAt: (path) => [
    ...(path.startsWith('/api/') ? [`/ajax-api/${path.slice('/api/'.length)}`] : []),
    ...(REGISTRY.test(path) ? [path.replace('/mlflow/', '/preview/mlflow/')] : []),
    ...(lists[path] ?? []),
  ],
  nullIsAbsent: true,
  invalid: invalidParameter,
  operations: [
    ...experimentOperations,
    ...runOperations,
    ...loggingOperations,
    ...metricOperations,
    ...artifactOperations,
    ...artifactServiceOperations,
    ...sentFileOperations,
    ...serverOperations,
    ...traceOperations,
    ...legacyTraceOperations,
    ...assessmentOperations,
    ...otlpOperations,
    ...loggedModelOperations,
    ...registeredModelOperations,
    ...modelVersionOperations,
    ...webhookOperations,
    ...evaluationDatasetOperations,
    ...scorerOperations,
    ...traceAnalysisOperations,
    ...traceFileOperations,
    ...issueOperations,
    ...labelSchemaOperations,
    ...reviewQueueOperations,
  ],
}

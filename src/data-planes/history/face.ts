import { historyRefusal } from '../history-errors.ts'
import type { Face } from '../operation.ts'
import { eventOperations } from './events.ts'
import { experimentOperations } from './experiments.ts'
import { retentionOperations } from './retention.ts'
import { runArtifactOperations } from './run-artifacts.ts'
import { runDataOperations, spanOperations } from './run-data.ts'
import { runMetricOperations } from './run-metrics.ts'
import { runQueryOperations } from './run-queries.ts'
import { runOperations } from './runs.ts'
import { serviceOperations } from './services.ts'

/** Run history: experiments and runs as Azure's own clients know them. */
export const historyFace: Face = {
  name: 'Run history',
  prefixes: ['/history/v1.0'],
  refuse: historyRefusal,
  operations: [
    ...experimentOperations,
    ...runQueryOperations,
    ...runOperations,
    ...runDataOperations,
    ...eventOperations,
    ...runMetricOperations,
    ...serviceOperations,
    ...runArtifactOperations,
  ],
}

/** What run history keeps for Azure's own services. */
export const privateHistoryFace: Face = {
  name: 'Run history',
  prefixes: ['/history/v1.0/private'],
  refuse: historyRefusal,
  operations: [...spanOperations, ...retentionOperations],
}

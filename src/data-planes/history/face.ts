import { historyRefusal } from '../history-errors.ts'
import type { Face } from '../operation.ts'
import { experimentOperations } from './experiments.ts'
import { runArtifactOperations } from './run-artifacts.ts'
import { runDataOperations, spanOperations } from './run-data.ts'
import { runQueryOperations } from './run-queries.ts'
import { runOperations } from './runs.ts'

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
    ...runArtifactOperations,
  ],
}

/** What run history keeps for Azure's own services. */
export const privateHistoryFace: Face = {
  name: 'Run history',
  prefixes: ['/history/v1.0/private'],
  refuse: historyRefusal,
  operations: spanOperations,
}

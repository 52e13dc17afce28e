import { historyRefusal } from '../history-errors.ts'
import type { Face } from '../operation.ts'
import { containerOperations } from './containers.ts'
import { versionOperations } from './versions.ts'

/** The data service: data assets under names and versions, and what a client asks that downloads a job's outputs. */
export const dataFace: Face = {
  name: 'Data',
  prefixes: ['/data/v1.0'],
  refuse: historyRefusal,
  operations: [...containerOperations, ...versionOperations],
}

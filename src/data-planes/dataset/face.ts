import { historyRefusal } from '../history-errors.ts'
import type { Face } from '../operation.ts'
import { actionOperations } from './actions.ts'
import { besideOperations } from './beside.ts'
import { containerOperations } from './containers.ts'
import { callOperations, previewOperations } from './previews.ts'
import { datasetOperations } from './registered.ts'
import { savedOperations } from './saved.ts'
import { versionTwoOperations } from './version-two.ts'
import { versionOperations } from './versions.ts'

/** The data service: data assets under names and versions, and what a client asks that downloads a job's outputs. */
export const dataFace: Face = {
  name: 'Data',
  prefixes: ['/data/v1.0'],
  refuse: historyRefusal,
  operations: [...containerOperations, ...versionOperations],
}

/** Datasets of azureml's first client. Its version 1.2 is the same by another path, for what both have. */
export const datasetFace: Face = {
  name: 'Datasets',
  prefixes: ['/dataset/v1.0', '/dataset/v1.2'],
  refuse: historyRefusal,
  nullIsAbsent: true,
  operations: [
    ...datasetOperations,
    ...savedOperations,
    ...previewOperations,
    ...actionOperations,
    ...besideOperations,
  ],
}

export const datasetTwoFace: Face = {
  name: 'Datasets 2.0',
  prefixes: ['/dataset/v2.0'],
  refuse: historyRefusal,
  nullIsAbsent: true,
  operations: versionTwoOperations,
}

export const dataTwoFace: Face = {
  name: 'Data 2.0',
  prefixes: ['/data/v2.0'],
  refuse: historyRefusal,
  nullIsAbsent: true,
  operations: callOperations,
}

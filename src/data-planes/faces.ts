import { artifactFace } from './artifacts/face.ts'
import { dataFace, datasetFace, datasetTwoFace, dataTwoFace } from './dataset/face.ts'
import { datastoreFace } from './datastore/face.ts'
import { environmentFace } from './environment/face.ts'
import { executionFace } from './execution/face.ts'
import { historyFace, privateHistoryFace } from './history/face.ts'
import { hyperdriveFace } from './hyperdrive/face.ts'
import { metricFace } from './metric/face.ts'
import { mlflowFace } from './mlflow/face.ts'
import { modelManagementFace, modelRegistryFace } from './modelmanagement/face.ts'
import type { Face } from './operation.ts'

/** The services of a region. A path that is none of theirs is refused in the first one's words. */
export const faces: readonly Face[] = [
  historyFace,
  privateHistoryFace,
  mlflowFace,
  metricFace,
  artifactFace,
  dataFace,
  datasetFace,
  datasetTwoFace,
  dataTwoFace,
  datastoreFace,
  environmentFace,
  modelRegistryFace,
  modelManagementFace,
  executionFace,
  hyperdriveFace,
]

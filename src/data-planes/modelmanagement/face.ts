import type { Face } from '../operation.ts'
import { assetOperations } from './assets.ts'
import { modelManagementRefusal } from './errors.ts'
import { modelOperations } from './models.ts'
import { registryOperations } from './registry.ts'

/** Model management v1.0: registered models, and the sets of artifacts that they are made from. */
export const modelManagementFace: Face = {
  name: 'Model management',
  prefixes: ['/modelmanagement/v1.0'],
  refuse: modelManagementRefusal,
  nullIsAbsent: true,
  operations: [...modelOperations, ...assetOperations],
}

/** The model registry's own plane: the same models under its path, and what only it has. */
export const modelRegistryFace: Face = {
  name: 'Model registry',
  prefixes: ['/modelregistry/v1.0'],
  refuse: modelManagementRefusal,
  nullIsAbsent: true,
  operations: [...modelOperations, ...assetOperations, ...registryOperations],
}

import { certificateOperations } from './certificates.ts'
import { keyUseOperations } from './key-uses.ts'
import { keyOperations } from './keys.ts'
import { secretOperations } from './secrets.ts'
import type { VaultOperation } from './vault-operation.ts'

/** Everything that the data plane answers. */
export const vaultOperations: readonly VaultOperation[] = [
  ...secretOperations,
  ...keyOperations,
  ...keyUseOperations,
  ...certificateOperations,
]

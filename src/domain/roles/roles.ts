import { generalRoles } from './built-in/general.ts'
import { keyVaultRoles } from './built-in/key-vault.ts'
import { machineLearningRoles } from './built-in/machine-learning.ts'
import { serviceRoles } from './built-in/services.ts'
import { storageRoles } from './built-in/storage.ts'
import type { Role } from './role.ts'

/**
 * Azure's built-in roles that this product knows, with their own ids.
 *
 * Source: learn.microsoft.com/azure/role-based-access-control/built-in-roles.
 */
export const builtInRoles: readonly Role[] = [
  ...generalRoles,
  ...machineLearningRoles,
  ...storageRoles,
  ...keyVaultRoles,
  ...serviceRoles,
]

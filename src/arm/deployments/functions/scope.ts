import type { FunctionTable } from '../expressions/scope.ts'

/** Where the deployment is. */
export const scopeFunctions: FunctionTable = {
  managementGroup: { min: 0, call: (_args, { outside }) => outside.managementGroup() },
  resourceGroup: { min: 0, call: (_args, { outside }) => outside.resourceGroup() },
  subscription: { min: 0, call: (_args, { outside }) => outside.subscription() },
  tenant: { min: 0, call: (_args, { outside }) => outside.tenant() },
}

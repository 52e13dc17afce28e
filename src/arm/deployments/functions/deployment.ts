import type { FunctionTable } from '../expressions/scope.ts'
import { asText } from '../expressions/values.ts'

/** What a template says of itself and of its deployment. */
export const deploymentFunctions: FunctionTable = {
  deployment: { min: 0, call: (_args, { outside }) => outside.deployment() },
  environment: { min: 0, call: (_args, { outside }) => outside.environment() },
  parameters: { min: 1, call: ([name], scope) => scope.parameter(asText(name)) },
  variables: { min: 1, call: ([name], scope) => scope.variable(asText(name)) },
}

import { ExpressionError } from '../expressions/parse.ts'
import type { FunctionTable } from '../expressions/scope.ts'
import { asText } from '../expressions/values.ts'

/** What a template says of itself and of its deployment. */
export const deploymentFunctions: FunctionTable = {
  /** Who deploys. */
  deployer: { min: 0, call: (_args, { outside }) => outside.deployer() },
  deployment: { min: 0, call: (_args, { outside }) => outside.deployment() },
  externalInput: {
    min: 1,
    max: 2,
    call: () => {
      throw new ExpressionError('it may stand in a parameter file only, which a client resolves')
    },
  },
  environment: { min: 0, call: (_args, { outside }) => outside.environment() },
  parameters: { min: 1, call: ([name], scope) => scope.parameter(asText(name)) },
  variables: { min: 1, call: ([name], scope) => scope.variable(asText(name)) },
}

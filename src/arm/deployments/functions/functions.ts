import type { FunctionTable } from '../expressions/scope.ts'
import { arrayFunctions } from './array.ts'
import { cidrFunctions } from './cidr.ts'
import { comparisonFunctions } from './comparison.ts'
import { dateFunctions } from './date.ts'
import { deploymentFunctions } from './deployment.ts'
import { lambdaFunctions } from './lambda.ts'
import { logicalFunctions } from './logical.ts'
import { numericFunctions } from './numeric.ts'
import { objectFunctions } from './object.ts'
import { resourceFunctions } from './resource.ts'
import { scopeFunctions } from './scope.ts'
import { stringFunctions } from './string.ts'
import { uriFunctions } from './uri.ts'

/** Every function of the public template reference, in its groups. `list*` is any name that begins so. */
export const functions: FunctionTable = {
  ...arrayFunctions,
  ...cidrFunctions,
  ...comparisonFunctions,
  ...dateFunctions,
  ...deploymentFunctions,
  ...lambdaFunctions,
  ...logicalFunctions,
  ...numericFunctions,
  ...objectFunctions,
  ...resourceFunctions,
  ...scopeFunctions,
  ...stringFunctions,
  ...uriFunctions,
}

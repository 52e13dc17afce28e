import { fault } from '../../faults.ts'
import { isObject, type JsonObject } from '../../json.ts'
import type { ArmDeps } from '../arm-deps.ts'
import type { DeploymentAsked } from '../define-resource.ts'

export interface VaultParameters extends Pick<DeploymentAsked, 'id' | 'caller'> {
  readonly template: JsonObject
  readonly parameters: JsonObject
}

/** The given parameters, those that refer to a key vault's secret with its value. @throws DeploymentNotHere */
export async function fromVaults(_arm: ArmDeps, { parameters }: VaultParameters): Promise<JsonObject> {
  for (const [name, one] of Object.entries(parameters)) {
    if (!isObject(one) || one.reference === undefined) continue
    throw fault('DeploymentNotHere', { what: `The parameter '${name}' takes its value from a key vault, which` })
  }
  return parameters
}

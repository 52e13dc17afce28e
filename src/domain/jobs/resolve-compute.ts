import { fault } from '../../faults.ts'
import { parseResourceId } from '../../resource-id.ts'
import type { Resources, StoredResource } from '../../store/resources.ts'
import { COMPUTES } from '../computes/compute.ts'
import { isServerless } from './serverless-compute.ts'

/**
 * The compute that a job names: by ARM id, by name, or as `azureml:name`; undefined for none and for `serverless`.
 *
 * @throws JobInvalid, AssetReferenceNotFound
 */
export async function resolveCompute(
  resources: Resources,
  workspace: string,
  reference: string | undefined,
): Promise<StoredResource | undefined> {
  const refuse = (reason: string) => fault('JobInvalid', { reason }, { target: 'properties.computeId' })
  if (!reference || isServerless(reference)) return undefined
  const text = reference.replace(/^azureml:/i, '')
  if (text.toLowerCase() === 'local')
    throw refuse("The compute 'local' is the client's own machine; name one of the workspace.")
  const id = parseResourceId(text.includes('/') ? text : `${workspace}/computes/${text}`)
  if (id?.type.toLowerCase() !== COMPUTES.toLowerCase()) throw refuse(`'${reference}' is not the id of a compute.`)
  if (id.parent?.key !== workspace.toLowerCase()) throw refuse(`The compute '${reference}' is of another workspace.`)
  const compute = await resources.get(id.text)
  if (!compute)
    throw fault('AssetReferenceNotFound', { kind: 'compute', reference: id.name, workspace: id.parent.name })
  if (compute.provisioningState === 'Failed' || compute.provisioningState === 'Deleting') {
    throw refuse(`The compute '${compute.name}' is ${compute.provisioningState}.`)
  }
  return compute
}

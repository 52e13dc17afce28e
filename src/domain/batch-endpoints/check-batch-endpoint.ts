import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { ResourceId } from '../../resource-id.ts'
import type { Deps } from '../deps.ts'
import { authModeOf, withOwnProperties } from '../endpoints/endpoint.ts'
import { endpointNameFault } from '../endpoints/endpoint-names.ts'
import { normalRegion } from '../workspaces/region.ts'

/**
 * A batch endpoint as it is kept: in its workspace's region, invoked by tokens alone.
 *
 * @throws EndpointInvalid, EndpointNameTaken, BatchDeploymentNotFound
 */
export async function checkBatchEndpoint(
  { store }: Pick<Deps, 'store'>,
  { id, body }: { readonly id: ResourceId; readonly body: JsonObject },
): Promise<JsonObject> {
  const workspace = await store.resources.get(id.parent?.text ?? '')
  const region = normalRegion(textAt(workspace?.body.location) ?? '')
  const location = normalRegion(textAt(body.location) || region)
  if (location !== region)
    throw invalid(`The endpoint is in '${location}', and its workspace in '${region}': they must be in one region.`)
  const properties = objectAt(body.properties)
  if (authModeOf(body) !== 'aadtoken') {
    throw invalid(
      `A batch endpoint is invoked with tokens of Microsoft Entra ID: its authMode is aadToken, not '${textAt(properties.authMode)}'.`,
    )
  }
  const identity = textAt(objectAt(body.identity).type) ?? 'None'
  if (identity.toLowerCase() !== 'none')
    throw invalid(
      'A batch endpoint acts as nobody: its jobs have the identity of their compute. Leave out the identity.',
    )
  const taken = await endpointNameFault(store.resources, { id: id.text, name: id.name, region })
  if (taken) throw taken
  const deployment = textAt(objectAt(properties.defaults).deploymentName)
  if (deployment && !(await store.resources.get(`${id.text}/deployments/${deployment}`)))
    throw fault('BatchDeploymentNotFound', { endpoint: id.name, deployment })
  return { ...withOwnProperties(body), location }
}

const invalid = (reason: string) => fault('EndpointInvalid', { reason })

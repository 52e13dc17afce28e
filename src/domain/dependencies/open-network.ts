import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'

/**
 * Refuses a wish for a closed network: everything here answers on the one port, so a resource that calls itself
 * closed would be read all the same.
 *
 * @throws ClosedNetworkNotHere
 */
export function demandOpenNetwork(name: string, properties: JsonObject): void {
  const access = textAt(properties.publicNetworkAccess)
  if (access !== undefined && access !== '' && access.toLowerCase() !== 'enabled') {
    throw fault('ClosedNetworkNotHere', { name, property: 'publicNetworkAccess', value: access })
  }
  for (const rules of ['networkAcls', 'networkRuleSet']) {
    const action = textAt(objectAt(properties[rules]).defaultAction)
    if (action?.toLowerCase() === 'deny') {
      throw fault('ClosedNetworkNotHere', { name, property: `${rules}.defaultAction`, value: action })
    }
  }
}

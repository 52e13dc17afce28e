import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'

const RULES = ['networkAcls', 'networkRuleSet'] as const

/**
 * Whether a resource is closed to public networks. There are no private ones here, and who asks comes by the loopback,
 * which no rule can name: a closed resource lets in nobody but the server itself.
 */
export const isClosed = (properties: JsonObject): boolean =>
  textAt(properties.publicNetworkAccess)?.toLowerCase() === 'disabled' || closingRules(properties) !== undefined

/**
 * Refuses a wish for a closed network where nothing would keep anybody out.
 *
 * @throws ClosedNetworkNotHere
 */
export function demandOpenNetwork(name: string, properties: JsonObject): void {
  demandKnownNetwork(name, properties)
  if (textAt(properties.publicNetworkAccess)?.toLowerCase() === 'disabled')
    throw fault('ClosedNetworkNotHere', { name, property: 'publicNetworkAccess', value: 'Disabled' })
  const rules = closingRules(properties)
  if (rules) throw fault('ClosedNetworkNotHere', { name, property: `${rules}.defaultAction`, value: 'Deny' })
}

/**
 * Refuses what is neither open nor closed, like a security perimeter.
 *
 * @throws ClosedNetworkNotHere
 */
export function demandKnownNetwork(name: string, properties: JsonObject): void {
  const access = textAt(properties.publicNetworkAccess) ?? ''
  if (!['', 'enabled', 'disabled'].includes(access.toLowerCase()))
    throw fault('ClosedNetworkNotHere', { name, property: 'publicNetworkAccess', value: access })
}

/**
 * Refuses a managed network: a job's ways out are the machine's, and nothing would hold to its rules.
 *
 * @throws ManagedNetworkNotHere
 */
export function demandNoManagedNetwork(name: string, properties: JsonObject): void {
  const { isolationMode, outboundRules } = objectAt(properties.managedNetwork)
  const mode = textAt(isolationMode) ?? 'Disabled'
  if (mode.toLowerCase() !== 'disabled' || Object.keys(objectAt(outboundRules)).length > 0)
    throw fault('ManagedNetworkNotHere', { name, mode })
}

const closingRules = (properties: JsonObject): string | undefined =>
  RULES.find((rules) => textAt(objectAt(properties[rules]).defaultAction)?.toLowerCase() === 'deny')

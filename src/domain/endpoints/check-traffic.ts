import { type Fault, fault } from '../../faults.ts'
import { type JsonObject, objectAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import { sharesOf } from './endpoint.ts'

const MOST_MIRRORED = 50

/**
 * Refuses shares of an endpoint's requests that can't be: of deployments that are not there, or that don't add up.
 *
 * @throws EndpointTrafficInvalid
 */
export function checkTraffic(properties: JsonObject, deployments: readonly StoredResource[]): void {
  const known = new Set(
    deployments.filter((one) => one.provisioningState !== 'Deleting').map((one) => one.name.toLowerCase()),
  )
  for (const name of ['traffic', 'mirrorTraffic'] as const) {
    for (const [deployment, share] of Object.entries(objectAt(properties[name]))) {
      if (!Number.isInteger(share) || Number(share) < 0 || Number(share) > 100) {
        throw invalid(name, `The share of '${deployment}' must be a whole number from 0 to 100, not ${share}.`)
      }
      if (Number(share) > 0 && !known.has(deployment.toLowerCase())) {
        throw invalid(name, `The endpoint has no deployment '${deployment}' to send ${share} % of its requests to.`)
      }
    }
  }
  const live = sharesOf(properties.traffic)
  const sum = live.values().reduce((total, share) => total + share, 0)
  if (sum !== 0 && sum !== 100) throw invalid('traffic', `The shares add up to ${sum}; they must to 0 or to 100.`)
  checkMirror(sharesOf(properties.mirrorTraffic), live)
}

function checkMirror(mirrored: ReadonlyMap<string, number>, live: ReadonlyMap<string, number>): void {
  if (mirrored.size > 1) throw invalid('mirrorTraffic', 'Requests can be mirrored to one deployment alone.')
  for (const [deployment, share] of mirrored) {
    if (share > MOST_MIRRORED) {
      throw invalid('mirrorTraffic', `At most ${MOST_MIRRORED} % of the requests can be mirrored, not ${share} %.`)
    }
    if (live.has(deployment)) {
      throw invalid('mirrorTraffic', `'${deployment}' has a share of the traffic: it can't be mirrored to as well.`)
    }
  }
}

const invalid = (property: 'traffic' | 'mirrorTraffic', reason: string): Fault =>
  fault('EndpointTrafficInvalid', { reason }, { target: `properties.${property}` })

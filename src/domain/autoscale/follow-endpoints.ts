import type { Deps } from '../deps.ts'
import type { RequestTally } from '../endpoints/request-tally.ts'
import { everyMinute, type Repeated } from '../monitor/every-minute.ts'
import { endpointSampler } from '../monitor/sample-endpoints.ts'
import { type ScaleDeps, scaleDeployments } from './scale-deployments.ts'

/** Measures endpoints and deployments every minute, and scales by what was measured. */
export function followEndpoints(
  deps: Deps,
  { tally, put }: Pick<ScaleDeps, 'put'> & { readonly tally: RequestTally },
): Repeated {
  const sample = endpointSampler({ ...deps, tally })
  return everyMinute(deps, 'Following endpoints', async () => {
    await sample()
    await scaleDeployments({ ...deps, put })
  })
}

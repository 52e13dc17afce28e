import type { Origin } from '../../gateway/surface.ts'
import type { JsonObject } from '../../json.ts'
import { textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'

/** Where a job can be looked at, as clients print it. The studio's address carries no tenant: clients append it. */
export function jobServices(job: StoredResource, workspace: StoredResource, origin: Origin): JsonObject {
  const region = textAt(workspace.body.location) ?? ''
  const api = origin.regional(region).replace(/^https?:/, 'azureml:')
  const service = (jobServiceType: string, endpoint: string): JsonObject => ({
    jobServiceType,
    endpoint,
    port: null,
    status: null,
    errorMessage: null,
    properties: null,
  })
  return {
    Tracking: service('Tracking', `${api}/mlflow/v1.0${workspace.id}?`),
    Studio: service('Studio', `${origin.studio()}/runs/${job.name}?wsid=${workspace.id}`),
  }
}

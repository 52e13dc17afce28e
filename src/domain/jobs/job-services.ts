import type { Origin } from '../../gateway/surface.ts'
import type { JsonObject } from '../../json.ts'
import { objectAt, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'

/**
 * Where a job can be looked at, as clients print it. What its submitter asked for besides is told as it is: nothing
 * opens a way into a job here. The studio's address carries no tenant: clients append it.
 */
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
    ...unreachable(objectAt(objectAt(job.body.properties).services)),
    Tracking: service('Tracking', `${api}/mlflow/v1.0${workspace.id}?`),
    Studio: service('Studio', `${origin.studio()}/runs/${job.name}?wsid=${workspace.id}`),
  }
}

const unreachable = (asked: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(asked).map(([name, service]) => [
      name,
      {
        ...objectAt(service),
        endpoint: null,
        status: 'Failed',
        errorMessage: `A service of type '${textAt(objectAt(service).jobServiceType) ?? ''}' can't be reached here: jobs run without a way in from outside. The job itself runs.`,
      },
    ]),
  )

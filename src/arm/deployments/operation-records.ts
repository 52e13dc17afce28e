import { createHash } from 'node:crypto'
import { isObject, type JsonObject, objectAt } from '../../json.ts'
import { parseResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Step, Steps } from './prepared.ts'

/** The steps in a deployment's state. The engine alone writes them. */
export const stepsOf = (state: JsonObject): Steps =>
  Object.fromEntries(
    Object.entries(objectAt(state.steps)).flatMap(([key, step]) => (isStep(step) ? [[key, step] as const] : [])),
  )

const isStep = (value: unknown): value is Step & JsonObject =>
  isObject(value) &&
  typeof value.id === 'string' &&
  typeof value.status === 'string' &&
  typeof value.startedAt === 'string'

/** `PT12.3S`, as Azure's SDKs read it. */
export const isoDuration = (from: string, to: string): string =>
  `PT${Math.max(Date.parse(to) - Date.parse(from), 0) / 1_000}S`

/** What a deployment did, a record for each resource, in the form that SDKs read. */
export function operationRecords(deployment: StoredResource, steps: Steps): readonly JsonObject[] {
  return Object.entries(steps)
    .filter(([, { status }]) => status !== 'Skipped')
    .map(([key, step]) => {
      const operationId = createHash('sha256')
        .update(`${deployment.system.lastModifiedAt}${key}`)
        .digest('hex')
        .slice(0, 16)
      const target = parseResourceId(step.id)
      const until = step.endedAt ?? step.startedAt
      return {
        id: `${deployment.id}/operations/${operationId.toUpperCase()}`,
        operationId: operationId.toUpperCase(),
        properties: {
          provisioningOperation: step.operation,
          provisioningState: step.status,
          timestamp: until,
          duration: isoDuration(step.startedAt, until),
          trackingId: operationId,
          statusCode: step.statusCode ?? (step.status === 'Running' ? 'Accepted' : 'OK'),
          ...(step.request && { request: { content: step.request } }),
          ...(step.response && { response: { content: step.response } }),
          ...(step.error && { statusMessage: { error: step.error } }),
          ...(target && {
            targetResource: { id: step.id, resourceType: target.type, resourceName: namesIn(step.id) },
          }),
        },
      }
    })
}

/** `workspace/compute`: the names below the last provider. */
const namesIn = (id: string): string => {
  const last = id.toLowerCase().lastIndexOf('/providers/')
  const parts = (last < 0 ? id : id.slice(last + '/providers/'.length)).split('/')
  return last < 0
    ? (parts.at(-1) ?? '')
    : parts
        .slice(1)
        .filter((_, at) => at % 2 === 1)
        .join('/')
}

import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Run } from '../../store/runs.ts'
import type { Repositories } from '../../store/store.ts'
import { identityTypes } from '../workspaces/workspace-identity.ts'
import { isServerless, type JobCompute, serverlessIdentity } from './serverless-compute.ts'

/** A managed identity that a job may act as. */
export interface JobIdentity {
  readonly objectId: string
  readonly clientId: string
  /** The folded id of a user-assigned identity; absent for the compute's own. */
  readonly resourceId?: string
}

export interface JobIdentities {
  /** The compute's, its own one first. */
  readonly managed: readonly JobIdentity[]
  /** The one that a job gets that names none. */
  readonly chosen?: JobIdentity
  /** Object id of who submitted the job, where it asked to act for them. */
  readonly onBehalfOf?: string
}

type From = Pick<Repositories, 'resources' | 'identities'>

/** What a job says it acts as, folded: `managed`, `useridentity`, `amltoken`, or nothing. */
const wishOf = (job: JsonObject): string =>
  (textAt(objectAt(job.identity).identityType) ?? '').toLowerCase().replaceAll('_', '')

/**
 * The identities that a run may act as, as its job and its compute stand now. A cluster's are everybody's who runs on it;
 * of those that serverless jobs may have, a job gets them that asks for one.
 */
export async function jobIdentities(from: From, run: Run): Promise<JobIdentities> {
  const job = run.job ?? {}
  const wish = objectAt(job.identity)
  const asked = wishOf(job) === 'managed'
  const all = run.computeId === undefined ? [] : await identitiesOf(from, await holderOf(from, run))
  const chosen = (asked ? all.find((one) => names(wish, one)) : undefined) ?? preferred(all)
  const managed = !isServerless(run.computeId) ? all : asked && chosen ? [chosen] : []
  return {
    managed,
    ...(chosen && managed.length > 0 && { chosen }),
    ...(wishOf(job) === 'useridentity' && { onBehalfOf: run.createdBy.objectId }),
  }
}

/** Whether any job in a body, a node or a trial of it too, asks to act for who submits it. */
export function asksForUser(body: Json | undefined): boolean {
  if (Array.isArray(body)) return body.some(asksForUser)
  if (!isObject(body)) return false
  const { identityType, type } = body
  const kinds = [identityType, type].map((one) => String(one).toLowerCase().replaceAll('_', ''))
  return kinds.includes('useridentity') || Object.values(body).some(asksForUser)
}

/**
 * Refuses a job that wants an identity which its compute has not.
 *
 * @throws JobInvalid
 */
export async function checkJobIdentity(from: From, compute: JobCompute, job: JsonObject): Promise<void> {
  if (wishOf(job) !== 'managed') return
  const wish = objectAt(job.identity)
  const managed = await identitiesOf(from, compute)
  const refuse = (reason: string) => fault('JobInvalid', { reason }, { target: 'properties.identity' })
  if (managed.length === 0) {
    throw refuse(`The job asks for a managed identity, and the compute '${compute.name}' has none.`)
  }
  if (isNamed(wish) && !managed.some((one) => names(wish, one))) {
    throw refuse(`The compute '${compute.name}' does not have the managed identity that the job names.`)
  }
  if (!isNamed(wish) && !preferred(managed)) {
    throw refuse(`The compute '${compute.name}' has several managed identities: name one by its clientId.`)
  }
}

/** The holder's own, or the only one. */
export const preferred = (managed: readonly JobIdentity[]): JobIdentity | undefined =>
  managed.find(({ resourceId }) => resourceId === undefined) ?? (managed.length === 1 ? managed[0] : undefined)

const keys = ['clientId', 'objectId', 'resourceId', 'msiResourceId']
const isNamed = (wish: JsonObject): boolean => keys.some((key) => textAt(wish[key]))

function names(wish: JsonObject, { clientId, objectId, resourceId }: JobIdentity): boolean {
  const same = (key: string, value: string | undefined) => {
    const text = textAt(wish[key])
    return !text || text.toLowerCase() === value
  }
  return (
    isNamed(wish) &&
    same('clientId', clientId) &&
    same('objectId', objectId) &&
    same('resourceId', resourceId) &&
    same('msiResourceId', resourceId)
  )
}

/** Whose identities a run's job may have: its compute's, or its workspace's where it names no compute. */
async function holderOf({ resources }: From, run: Run): Promise<Pick<StoredResource, 'body' | 'state'>> {
  const text = (run.computeId ?? '').replace(/^azureml:/i, '')
  const nothing = { body: {}, state: {} }
  if (!isServerless(text))
    return (await resources.get(text.includes('/') ? text : `${run.workspace}/computes/${text}`)) ?? nothing
  const workspace = await resources.get(run.workspace)
  return workspace ? { body: { identity: serverlessIdentity(workspace) }, state: {} } : nothing
}

/** The identities that a resource has been given, its own one first: a compute's, an endpoint's. */
export async function identitiesOf(
  { resources, identities }: From,
  holder: Pick<StoredResource, 'body' | 'state'>,
): Promise<readonly JobIdentity[]> {
  const wish = objectAt(holder.body.identity)
  const { system, user } = identityTypes(wish)
  const found: JobIdentity[] = []
  const own = system ? textAt(objectAt(holder.state.identity).principalId) : undefined
  const principal = own === undefined ? undefined : await identities.principal(own)
  if (principal?.appId !== undefined) found.push({ objectId: principal.objectId, clientId: principal.appId })
  for (const id of user ? Object.keys(objectAt(wish.userAssignedIdentities)) : []) {
    const { principalId, clientId } = (await resources.get(id))?.state ?? {}
    if (typeof principalId !== 'string' || typeof clientId !== 'string') continue
    found.push({ objectId: principalId, clientId, resourceId: foldId(id) })
  }
  return found
}

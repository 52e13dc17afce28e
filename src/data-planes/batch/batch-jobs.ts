import type { IncomingMessage, ServerResponse } from 'node:http'
import { findBatchJob, listBatchJobs } from '../../domain/batch-endpoints/batch-jobs.ts'
import { invokeBatch, type PutResource } from '../../domain/batch-endpoints/invoke-batch.ts'
import { presentBatchJob, type Surroundings } from '../../domain/batch-endpoints/present-batch-job.ts'
import type { Deps } from '../../domain/deps.ts'
import { BATCH_ENDPOINTS } from '../../domain/endpoints/endpoint.ts'
import { cancelRun } from '../../domain/runs/cancel-run.ts'
import { fault, isFault } from '../../faults.ts'
import type { RequestContext } from '../../gateway/surface.ts'
import type { AccessControl, Authenticator, Caller } from '../../identity/identity.ts'
import type { JsonObject } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import { finalStatuses, type Run } from '../../store/runs.ts'
import { historyRefusal } from '../history-errors.ts'
import { readBody } from './read-body.ts'

export interface BatchPlane {
  readonly deps: Deps
  readonly authenticator: Authenticator
  readonly access: AccessControl
  readonly put: PutResource
  /** Removes a job as its DELETE in the resource manager would: it is asked to stop first. */
  readonly remove: (id: string) => Promise<void>
}

/** Which jobs a request is about, from whichever host it came. */
export interface BatchPath {
  /** Finds the endpoint; refuses where there is none. */
  readonly endpoint: () => Promise<StoredResource>
  /** Where its jobs are listed, for links: without a query. */
  readonly collection: string
  readonly deployment?: string | undefined
  /** What stands behind `jobs`: nothing, `{job}`, or `{job}/cancel`. */
  readonly below: readonly string[]
}

interface Request extends BatchPath {
  readonly plane: BatchPlane
  readonly request: IncomingMessage
  readonly context: RequestContext
  readonly caller: Caller
}

interface Answer {
  readonly status: number
  readonly body?: JsonObject
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * Batch endpoints' jobs, at the endpoint's own host and at a region's: begun, listed, looked at, stopped, removed. Every
 * request goes one way: token, endpoint, right at it, then what is asked.
 */
export async function answerBatchJobs(
  plane: BatchPlane,
  path: BatchPath,
  exchange: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly context: RequestContext },
): Promise<void> {
  const { request, response, context } = exchange
  try {
    const { authorization } = request.headers
    const caller = await plane.authenticator.authenticate(
      authorization,
      ['machine-learning', 'arm', 'run'],
      context.origin,
    )
    send(exchange, await answer({ ...path, plane, request, context, caller }))
  } catch (error) {
    if (!isFault(error)) context.log.error({ err: error }, 'a batch endpoint failed')
    const shown = isFault(error) ? error : fault('InternalServerError', { requestId: context.requestId })
    const told = historyRefusal(shown, {
      requestId: context.requestId,
      region: context.name,
      time: new Date().toISOString(),
    })
    if (!response.headersSent)
      send(exchange, { status: told.status, body: told.body as JsonObject, headers: shown.extra.headers ?? {} })
  }
}

const right = (action: 'read' | 'write' | 'delete') => `${BATCH_ENDPOINTS}/jobs/${action}`

async function answer(asked: Request): Promise<Answer> {
  const { plane, request, caller, below } = asked
  const [job, action] = below
  const way = `${request.method} ${job === undefined ? 'jobs' : action === undefined ? 'job' : below.slice(1).join('/')}`
  const known = routes.get(way === 'HEAD jobs' || way === 'HEAD job' ? way.replace('HEAD', 'GET') : way)
  if (!known) {
    const { pathname } = new URL(asked.context.url, 'http://batch')
    throw fault('PathNotFound', { method: request.method ?? '', path: pathname })
  }
  const endpoint = await asked.endpoint()
  await plane.access.demand(caller, right(known.right), endpoint.id)
  return await known.answer(asked, endpoint)
}

interface Route {
  readonly right: 'read' | 'write' | 'delete'
  readonly answer: (asked: Request, endpoint: StoredResource) => Promise<Answer>
}

const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['POST jobs', { right: 'write', answer: invoke }],
  ['GET jobs', { right: 'read', answer: list }],
  ['GET job', { right: 'read', answer: show }],
  ['POST cancel', { right: 'write', answer: cancel }],
  ['DELETE job', { right: 'delete', answer: remove }],
])

async function invoke(asked: Request, endpoint: StoredResource): Promise<Answer> {
  const { plane, request, caller } = asked
  const header = (name: string): string | undefined => {
    const sent = request.headers[name]
    return typeof sent === 'string' && sent !== '' ? sent : undefined
  }
  const run = await invokeBatch(plane.deps, plane.put, {
    endpoint,
    deployment: header('azureml-model-deployment') ?? asked.deployment,
    // azure-ai-ml checks names itself, and sends with every invocation the one of the last that had any: even of an
    // online endpoint. One that is not there is such a left-over.
    orDefault: /azure-ai-ml\//i.test(header('user-agent') ?? ''),
    body: await readBody(request),
    caller,
    repeatability: header('repeatability_request-id') ?? header('repeatability-request-id'),
  })
  return {
    status: 201,
    body: presentBatchJob(run, await around(asked, endpoint)),
    headers: { location: urlOf(asked, run) },
  }
}

async function list(asked: Request, endpoint: StoredResource): Promise<Answer> {
  const { searchParams } = new URL(asked.context.url, 'http://batch')
  const after = searchParams.get('$skiptoken') ?? searchParams.get('$skipToken') ?? undefined
  const deployment = asked.deployment ?? searchParams.get('deployment') ?? undefined
  const { items, next } = await listBatchJobs(asked.plane.deps, endpoint, { deployment, after })
  const about = await around(asked, endpoint)
  const value = items.map((run) => presentBatchJob(run, about))
  if (next === undefined) return { status: 200, body: { value, nextLink: null } }
  searchParams.delete('$skipToken')
  searchParams.set('$skiptoken', next)
  return { status: 200, body: { value, nextLink: `${asked.collection}?${searchParams}` } }
}

async function show(asked: Request, endpoint: StoredResource): Promise<Answer> {
  const run = await jobOf(asked, endpoint)
  return { status: 200, body: presentBatchJob(run, await around(asked, endpoint)) }
}

async function cancel(asked: Request, endpoint: StoredResource): Promise<Answer> {
  const { id, workspace, status } = await jobOf(asked, endpoint)
  const run = finalStatuses.has(status) ? undefined : await cancelRun(asked.plane.deps, workspace, id)
  return run ? { status: 202, headers: { location: urlOf(asked, run) } } : { status: 200 }
}

async function remove(asked: Request, endpoint: StoredResource): Promise<Answer> {
  const run = await jobOf(asked, endpoint)
  const gone = asked.plane.remove(run.resource?.id ?? '')
  if (finalStatuses.has(run.status)) {
    await gone
    return { status: 204 }
  }
  // It is written down and goes on by itself; what it comes to is seen at the job.
  gone.catch((error) => asked.context.log.warn({ err: error, run: run.id }, 'a batch job could not be removed'))
  return { status: 202, headers: { location: urlOf(asked, run) } }
}

const jobOf = ({ plane, below, deployment }: Request, endpoint: StoredResource): Promise<Run> =>
  findBatchJob(plane.deps, endpoint, { job: below[0] ?? '', deployment })

const urlOf = ({ collection }: Request, run: Run): string => `${collection}/${run.id}`

async function around({ plane, context }: Request, endpoint: StoredResource): Promise<Surroundings> {
  const id = endpoint.id.slice(0, endpoint.id.lastIndexOf('/batchEndpoints/'))
  const workspace = await plane.deps.store.resources.get(id)
  if (!workspace) throw fault('WorkspaceNotFound', { workspace: id.slice(id.lastIndexOf('/') + 1) })
  return { endpoint, workspace, origin: context.origin }
}

function send(
  { request, response, context }: Parameters<typeof answerBatchJobs>[2],
  { status, body, headers = {} }: Answer,
): void {
  const text = body === undefined ? '' : JSON.stringify(body)
  response.writeHead(status, {
    ...(body && { 'content-type': 'application/json; charset=utf-8' }),
    ...(status !== 204 && { 'content-length': Buffer.byteLength(text) }),
    'x-ms-request-id': context.requestId,
    ...headers,
  })
  response.end(request.method === 'HEAD' ? undefined : text)
}

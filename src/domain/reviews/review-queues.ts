import { randomUUID } from 'node:crypto'
import { type Fault, fault, isFault } from '../../faults.ts'
import { type JsonObject, textAt } from '../../json.ts'
import type { TrackedDocument } from '../../store/documents.ts'
import type { Repositories } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import { findExperiment } from '../experiments/find-experiment.ts'
import { TRACE } from '../traces/trace.ts'
import { demandSchemas } from './label-schemas.ts'
import { inExperiment, withBody } from './review-documents.ts'

const QUEUE = 'review-queue'
const ITEM = 'review-item'

/** Traces that people are to look at, and the questions that they answer. Times are epoch milliseconds. */
export interface ReviewQueue {
  readonly id: string
  readonly experimentId: string
  readonly name: string
  readonly createdAt: number
  readonly body: JsonObject
}

type Needs = Pick<Deps, 'store' | 'now'>

export const queueOf = ({ id, owner, name, at, body }: TrackedDocument): ReviewQueue => ({
  ...{ id, experimentId: owner, name, createdAt: at, body },
})
const invalid = (reason: string): Fault => fault('ParameterInvalid', { reason })
const person = (user: string): string => user.trim().toLowerCase()
const distinct = (values: readonly string[]): readonly string[] => [...new Set(values)]

function demandText(field: string, value: string, most: number): string {
  if (value.length < 1 || value.length > most) throw invalid(`\`${field}\` must have 1 to ${most} characters.`)
  return value
}

function people(users: readonly string[]): readonly string[] {
  const named = distinct(users.map((user) => demandText('user', person(user), 250)))
  if (named.length > 10) throw invalid(`A review queue can have at most 10 assigned users; got ${named.length}.`)
  return named
}

function ownName(name: string): string {
  const own = demandText('name', name.trim(), 250)
  if (own.toLowerCase() === 'default')
    throw invalid(`\`${own}\` is a reserved queue name and cannot be used for a custom queue.`)
  return own
}

async function demandFree(
  from: Repositories,
  workspace: string,
  { experiment, name, but }: { readonly experiment: string; readonly name: string; readonly but?: string },
): Promise<void> {
  const known = await inExperiment(from, workspace, { kind: QUEUE, experiment })
  const taken = known.some((one) => one.name.toLowerCase() === name.toLowerCase() && one.id !== but)
  if (taken) throw fault('ReviewQueueExists', { queue: name })
}

export interface NewQueue {
  readonly experiment: string
  readonly name: string
  readonly type: string
  readonly users: readonly string[]
  readonly schemas: readonly string[]
  readonly owner?: string | undefined
}

/** @throws ExperimentNotFound, ReviewQueueExists, ParameterInvalid */
export async function createQueue({ store, now }: Needs, workspace: string, wanted: NewQueue): Promise<ReviewQueue> {
  const { type } = wanted
  if (type !== 'USER' && type !== 'CUSTOM')
    throw invalid(`\`queue_type\` must be one of USER or CUSTOM; got '${type}'.`)
  const name = type === 'USER' ? demandText('name', person(wanted.name), 250) : ownName(wanted.name)
  const users = people(type === 'USER' && wanted.users.length === 0 ? [name] : wanted.users)
  if (type === 'USER' && (users.length !== 1 || users[0] !== name))
    throw invalid('A user queue has its own user alone.')
  const schemas = distinct(wanted.schemas.map((id) => demandText('schema_id', id.trim(), 36)))
  if (type === 'USER' && schemas.length > 0)
    throw invalid('A user queue takes no schemas: it has all of its experiment.')
  const at = now().getTime()
  return await store.write(async (within) => {
    const { id: experiment } = await findExperiment(within, workspace, wanted.experiment)
    await demandSchemas(within, workspace, { experiment, ids: schemas })
    await demandFree(within, workspace, { experiment, name })
    const body = {
      ...{ queue_type: type, users, schema_ids: schemas, last_update_time_ms: at },
      ...(wanted.owner !== undefined && { created_by: wanted.owner }),
    }
    const id = `rq-${randomUUID().replaceAll('-', '')}`
    const document = { ...{ workspace, kind: QUEUE, id, owner: experiment, name, at }, body }
    await within.documents.put(document)
    return queueOf(document)
  })
}

/** The queue of a person in an experiment, made when it is first asked for. @throws as createQueue */
export async function queueOfUser(
  deps: Needs,
  workspace: string,
  { experiment, user }: { readonly experiment: string; readonly user: string },
): Promise<ReviewQueue> {
  const name = person(user)
  try {
    return await createQueue(deps, workspace, { experiment, name, type: 'USER', users: [], schemas: [], owner: name })
  } catch (error) {
    if (!isFault(error) || error.key !== 'ReviewQueueExists') throw error
    const found = await queueByName(deps.store, workspace, { experiment, name })
    if (found.body.queue_type !== 'USER') throw error
    return found
  }
}

/** @throws ReviewQueueNotFound */
export async function findQueue(from: Repositories, workspace: string, id: string): Promise<ReviewQueue> {
  const found = await from.documents.get(workspace, QUEUE, id)
  if (!found) throw fault('ReviewQueueNotFound', { queue: id })
  return queueOf(found)
}

/** @throws ExperimentNotFound, ReviewQueueNotFound */
export async function queueByName(
  from: Repositories,
  workspace: string,
  { experiment, name }: { readonly experiment: string; readonly name: string },
): Promise<ReviewQueue> {
  const { id } = await findExperiment(from, workspace, experiment)
  const known = await inExperiment(from, workspace, { kind: QUEUE, experiment: id })
  const found = known.find((one) => one.name.toLowerCase() === name.toLowerCase())
  if (!found) throw fault('ReviewQueueNotFound', { queue: name })
  return queueOf(found)
}

/** Those of an experiment, newest first: of a person, or with a trace, where that is asked. @throws ExperimentNotFound */
export async function queuesOf(
  from: Repositories,
  workspace: string,
  wanted: { readonly experiment: string; readonly user?: string | undefined; readonly item?: string | undefined },
): Promise<readonly ReviewQueue[]> {
  const { id } = await findExperiment(from, workspace, wanted.experiment)
  const found: ReviewQueue[] = []
  for (const document of await inExperiment(from, workspace, { kind: QUEUE, experiment: id })) {
    const { users } = document.body
    if (wanted.user !== undefined && !(Array.isArray(users) && users.includes(person(wanted.user)))) continue
    const key = itemKey(document.id, wanted.item ?? '')
    if (wanted.item !== undefined && !(await from.documents.get(workspace, ITEM, key))) continue
    found.push(queueOf(document))
  }
  return found
}

export interface QueueChange {
  readonly id: string
  readonly users?: readonly string[] | undefined
  readonly schemas?: readonly string[] | undefined
  readonly name?: string | undefined
  readonly owner?: string | undefined
}

/** @throws ReviewQueueNotFound, ReviewQueueExists, ParameterInvalid for a person's own queue, and for questions once traces are in it */
export async function updateQueue({ store, now }: Needs, workspace: string, change: QueueChange): Promise<ReviewQueue> {
  const at = now().getTime()
  return await store.write(async (within) => {
    const found = await within.documents.get(workspace, QUEUE, change.id)
    if (!found) throw fault('ReviewQueueNotFound', { queue: change.id })
    if (found.body.queue_type === 'USER') {
      throw invalid("A user queue's name, assigned user, schemas, and owner are fixed and cannot be updated.")
    }
    const name = change.name === undefined ? found.name : ownName(change.name)
    await demandFree(within, workspace, { experiment: found.owner, name, but: found.id })
    const schemas = change.schemas && distinct(change.schemas.map((id) => id.trim()))
    if (schemas) {
      if ((await itemsOf(within, workspace, found.id)).length > 0) {
        throw invalid(
          "A review queue's questions are locked once items are assigned to it. Remove the items before changing its questions.",
        )
      }
      await demandSchemas(within, workspace, { experiment: found.owner, ids: schemas })
    }
    const changed = withBody(
      { ...found, name },
      {
        ...found.body,
        ...(change.users && { users: people(change.users) }),
        ...(schemas && { schema_ids: schemas }),
        ...(change.owner !== undefined && { created_by: demandText('new_owner', change.owner.trim(), 250) }),
        last_update_time_ms: at,
      },
    )
    await within.documents.put(changed)
    return queueOf(changed)
  })
}

/** Removes a queue with what is in it; one that is not there is gone already. */
export async function deleteQueue({ store }: Pick<Deps, 'store'>, workspace: string, id: string): Promise<void> {
  await store.write(async (within) => {
    await within.documents.removeOwned(workspace, ITEM, id)
    await within.documents.remove(workspace, QUEUE, [id])
  })
}

const itemKey = (queue: string, item: string): string => `${queue}/${item}`

/** A trace in a queue: its id, and what became of it. */
export interface ReviewItem {
  readonly queue: string
  readonly item: string
  readonly createdAt: number
  readonly body: JsonObject
}
const itemOf = ({ owner, name, at, body }: TrackedDocument): ReviewItem => ({
  queue: owner,
  item: name,
  createdAt: at,
  body,
})

/** What is in a queue, newest first. */
export async function itemsOf(from: Repositories, workspace: string, queue: string): Promise<readonly ReviewItem[]> {
  return (await from.documents.find(workspace, ITEM, { owners: [queue], newestFirst: true })).items.map(itemOf)
}

function traceIds(ids: readonly string[]): readonly string[] {
  if (ids.length === 0) throw invalid('`item_ids` must be a non-empty list.')
  return distinct(ids.map((id) => demandText('item_id', id.trim(), 50)))
}

/** Adds traces, each once. @throws ReviewQueueNotFound, TraceNotFound for one that is none of the queue's experiment */
export async function addItems(
  { store, now }: Needs,
  workspace: string,
  { queue, ids }: { readonly queue: string; readonly ids: readonly string[] },
): Promise<readonly ReviewItem[]> {
  const wanted = traceIds(ids)
  const at = now().getTime()
  return await store.write(async (within) => {
    const { experimentId } = await findQueue(within, workspace, queue)
    const items: ReviewItem[] = []
    for (const id of wanted) {
      if ((await within.documents.get(workspace, TRACE, id))?.owner !== experimentId)
        throw fault('TraceNotFound', { trace: id })
      const known = await within.documents.get(workspace, ITEM, itemKey(queue, id))
      const body = { status: 'PENDING', last_update_time_ms: at }
      const document = known ?? {
        ...{ workspace, kind: ITEM, id: itemKey(queue, id), owner: queue, name: id, at },
        body,
      }
      if (!known) await within.documents.put(document)
      items.push(itemOf(document))
    }
    return items
  })
}

/** @throws ReviewQueueNotFound */
export async function removeItems(
  { store }: Pick<Deps, 'store'>,
  workspace: string,
  { queue, ids }: { readonly queue: string; readonly ids: readonly string[] },
): Promise<void> {
  const keys = traceIds(ids).map((id) => itemKey(queue, id))
  await store.write(async (within) => {
    await findQueue(within, workspace, queue)
    await within.documents.remove(workspace, ITEM, keys)
  })
}

/** Says what became of a trace in a queue, and who did it. @throws ReviewQueueNotFound, ReviewItemNotFound, ParameterInvalid */
export async function setItemStatus(
  { store, now }: Needs,
  workspace: string,
  wanted: { readonly queue: string; readonly item: string; readonly status: string; readonly by: string | undefined },
): Promise<ReviewItem> {
  const { queue, status } = wanted
  if (!['PENDING', 'COMPLETE', 'DECLINED'].includes(status)) {
    throw invalid(`\`status\` must be one of PENDING, COMPLETE, DECLINED; got '${status}'.`)
  }
  const by = wanted.by === undefined ? undefined : person(wanted.by)
  const open = status === 'PENDING'
  if (open && by !== undefined) throw invalid('`completed_by` must not be set when reopening an item to `pending`.')
  if (!open && !by) throw invalid(`\`completed_by\` is required when setting status to \`${status.toLowerCase()}\`.`)
  if (by !== undefined) demandText('completed_by', by, 250)
  const at = now().getTime()
  return await store.write(async (within) => {
    await findQueue(within, workspace, queue)
    const found = await within.documents.get(workspace, ITEM, itemKey(queue, wanted.item.trim()))
    if (!found) throw fault('ReviewItemNotFound', { item: textAt(wanted.item) ?? '', queue })
    const done = open ? {} : { completed_by: by ?? '', completed_time_ms: at }
    const changed = withBody(found, { status, last_update_time_ms: at, ...done })
    await within.documents.put(changed)
    return itemOf(changed)
  })
}

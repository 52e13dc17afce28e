import { Type } from 'typebox'
import { pageOfAll } from '../../domain/reviews/review-documents.ts'
import {
  addItems,
  createQueue,
  deleteQueue,
  findQueue,
  itemsOf,
  queueByName,
  queueOfUser,
  queuesOf,
  type ReviewItem,
  type ReviewQueue,
  removeItems,
  setItemStatus,
  updateQueue,
} from '../../domain/reviews/review-queues.ts'
import { pageToken, readOffset } from '../../domain/search/page-token.ts'
import type { JsonObject } from '../../json.ts'
import { limitOf } from './listing.ts'
import { mlflow, required } from './mlflow-operation.ts'
import { Whole } from './schemas.ts'

const read = 'experiments/runs/read'
const write = 'experiments/runs/write'
const text = Type.Optional(Type.String())
const texts = Type.Optional(Type.Array(Type.String()))
const flag = Type.Optional(Type.Boolean())
const paging = { max_results: Type.Optional(Whole), page_token: text }

const present = ({ id, experimentId, name, createdAt, body }: ReviewQueue): JsonObject => ({
  queue_id: id,
  experiment_id: experimentId,
  name,
  ...body,
  creation_time_ms: createdAt,
})

const presentItem = ({ queue, item, createdAt, body }: ReviewItem): JsonObject => ({
  queue_id: queue,
  item_type: 'TRACE',
  item_id: item,
  ...body,
  creation_time_ms: createdAt,
})

const pageOf = <Item>(
  all: readonly Item[],
  { max_results, page_token }: { max_results?: number | string; page_token?: string },
) => {
  const size = limitOf(max_results, { usual: 1000, most: 50_000 })
  return pageOfAll(all, { start: readOffset(page_token), size, most: 50_000 })
}

/** Traces that people look at, by experiment. */
export const reviewQueueOperations = [
  mlflow({
    name: 'createReviewQueue',
    method: 'POST',
    api: '3.0',
    path: '/review-queues/create',
    right: write,
    input: Type.Object({ experiment_id: text, name: text, queue_type: text, users: texts, schema_ids: texts }),
    async answer(deps, { input, workspace, caller }) {
      const queue = await createQueue(deps, workspace.key, {
        experiment: required('experiment_id', input.experiment_id),
        name: required('name', input.name),
        type: input.queue_type ?? '',
        ...{ users: input.users ?? [], schemas: input.schema_ids ?? [], owner: caller.displayName || caller.objectId },
      })
      return { review_queue: present(queue) }
    },
  }),
  mlflow({
    name: 'getOrCreateUserQueue',
    method: 'POST',
    api: '3.0',
    path: '/review-queues/get-or-create-user',
    right: write,
    input: Type.Object({ experiment_id: text, user: text }),
    async answer(deps, { input, workspace }) {
      const experiment = required('experiment_id', input.experiment_id)
      const user = required('user', input.user)
      return { review_queue: present(await queueOfUser(deps, workspace.key, { experiment, user })) }
    },
  }),
  mlflow({
    name: 'getReviewQueue',
    method: 'GET',
    api: '3.0',
    path: '/review-queues/get',
    right: read,
    input: Type.Object({ queue_id: text }),
    answer: async ({ store }, { input, workspace }) => ({
      review_queue: present(await findQueue(store, workspace.key, required('queue_id', input.queue_id))),
    }),
  }),
  mlflow({
    name: 'getReviewQueueByName',
    method: 'GET',
    api: '3.0',
    path: '/review-queues/get-by-name',
    right: read,
    input: Type.Object({ experiment_id: text, name: text }),
    async answer({ store }, { input, workspace }) {
      const experiment = required('experiment_id', input.experiment_id)
      const name = required('name', input.name)
      return { review_queue: present(await queueByName(store, workspace.key, { experiment, name })) }
    },
  }),
  mlflow({
    name: 'listReviewQueues',
    method: 'GET',
    api: '3.0',
    path: '/review-queues/list',
    right: read,
    input: Type.Object({ experiment_id: text, user: text, item_id: text, ...paging }),
    async answer({ store }, { input, workspace }) {
      const experiment = required('experiment_id', input.experiment_id)
      const all = await queuesOf(store, workspace.key, { experiment, user: input.user, item: input.item_id })
      const page = pageOf(all, input)
      return {
        review_queues: page.items.map(present),
        ...(page.next !== undefined && { next_page_token: pageToken(page.next) }),
      }
    },
  }),
  mlflow({
    name: 'updateReviewQueue',
    method: 'POST',
    api: '3.0',
    path: '/review-queues/update',
    right: write,
    input: Type.Object({
      ...{ queue_id: text, name: text, new_owner: text, users: texts, schema_ids: texts },
      ...{ update_users: flag, update_schema_ids: flag },
    }),
    async answer(deps, { input, workspace }) {
      const queue = await updateQueue(deps, workspace.key, {
        id: required('queue_id', input.queue_id),
        // A list that is empty is told from one that is not sent by a flag beside it.
        users: input.update_users ? (input.users ?? []) : undefined,
        schemas: input.update_schema_ids ? (input.schema_ids ?? []) : undefined,
        ...{ name: input.name, owner: input.new_owner },
      })
      return { review_queue: present(queue) }
    },
  }),
  mlflow({
    name: 'deleteReviewQueue',
    method: 'POST',
    api: '3.0',
    path: '/review-queues/delete',
    right: write,
    input: Type.Object({ queue_id: text }),
    async answer(deps, { input, workspace }) {
      await deleteQueue(deps, workspace.key, required('queue_id', input.queue_id))
      return {}
    },
  }),
  mlflow({
    name: 'addItemsToReviewQueue',
    method: 'POST',
    api: '3.0',
    path: '/review-queues/items/add',
    right: write,
    input: Type.Object({ queue_id: text, item_type: Type.Optional(Type.Literal('TRACE')), item_ids: texts }),
    async answer(deps, { input, workspace }) {
      const queue = required('queue_id', input.queue_id)
      const items = await addItems(deps, workspace.key, { queue, ids: input.item_ids ?? [] })
      return { items: items.map(presentItem) }
    },
  }),
  mlflow({
    name: 'removeItemsFromReviewQueue',
    method: 'POST',
    api: '3.0',
    path: '/review-queues/items/remove',
    right: write,
    input: Type.Object({ queue_id: text, item_ids: texts }),
    async answer(deps, { input, workspace }) {
      await removeItems(deps, workspace.key, { queue: required('queue_id', input.queue_id), ids: input.item_ids ?? [] })
      return {}
    },
  }),
  mlflow({
    name: 'listReviewQueueItems',
    method: 'GET',
    api: '3.0',
    path: '/review-queues/items/list',
    right: read,
    input: Type.Object({ queue_id: text, status: text, ...paging }),
    async answer({ store }, { input, workspace }) {
      const { id } = await findQueue(store, workspace.key, required('queue_id', input.queue_id))
      const all = await itemsOf(store, workspace.key, id)
      const wanted = input.status === undefined ? all : all.filter(({ body }) => body.status === input.status)
      const page = pageOf(wanted, input)
      return {
        items: page.items.map(presentItem),
        ...(page.next !== undefined && { next_page_token: pageToken(page.next) }),
      }
    },
  }),
  mlflow({
    name: 'setReviewQueueItemStatus',
    method: 'POST',
    api: '3.0',
    path: '/review-queues/items/set-status',
    right: write,
    input: Type.Object({ queue_id: text, item_id: text, status: text, completed_by: text }),
    async answer(deps, { input, workspace }) {
      const item = await setItemStatus(deps, workspace.key, {
        queue: required('queue_id', input.queue_id),
        item: required('item_id', input.item_id),
        status: required('status', input.status),
        by: input.completed_by,
      })
      return { item: presentItem(item) }
    },
  }),
]

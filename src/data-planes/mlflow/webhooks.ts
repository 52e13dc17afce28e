import { randomUUID } from 'node:crypto'
import { Type } from 'typebox'
import { pageToken, readPageToken } from '../../domain/search/page-token.ts'
import { changeWebhook, createWebhook, removeWebhook } from '../../domain/webhooks/keep-webhook.ts'
import { sendWebhook } from '../../domain/webhooks/send-webhook.ts'
import { eventNamed, exampleOf, findWebhook, WEBHOOK, type Webhook, webhookOf } from '../../domain/webhooks/webhook.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import { limitOf } from './listing.ts'
import { mlflow, required } from './mlflow-operation.ts'
import { Whole } from './schemas.ts'

const read = 'models/read'
const write = 'models/write'
const ONE = '/webhooks/{webhook_id}'
const text = Type.Optional(Type.String())
const Event = Type.Object({ entity: Type.String(), action: Type.String() })
const Wish = Type.Object({
  webhook_id: text,
  name: text,
  description: text,
  url: text,
  events: Type.Optional(Type.Array(Event)),
  secret: text,
  status: text,
})

/** A webhook as MLflow shows it: never with its secret. */
const present = ({ id, name, description, url, events, active, createdAt, updatedAt }: Webhook): JsonObject => ({
  webhook_id: id,
  name,
  ...(description !== undefined && { description }),
  url,
  events: events.map((event) => {
    const [entity = '', action = ''] = event.split('.')
    return { entity, action }
  }),
  status: active ? 'ACTIVE' : 'DISABLED',
  creation_timestamp: createdAt,
  last_updated_timestamp: updatedAt,
})

function wishOf({ name, description, url, events, secret, status }: { -readonly [Key in keyof Sent]: Sent[Key] }) {
  if (status !== undefined && status !== 'ACTIVE' && status !== 'DISABLED') {
    throw fault('ParameterInvalid', { reason: `Invalid webhook status '${status}': it is ACTIVE or DISABLED.` })
  }
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(url !== undefined && { url }),
    ...(events !== undefined && { events: events.map(({ entity, action }) => eventNamed(entity, action)) }),
    ...(secret !== undefined && { secret }),
    ...(status !== undefined && { active: status === 'ACTIVE' }),
  }
}

interface Sent {
  readonly name?: string
  readonly description?: string
  readonly url?: string
  readonly events?: readonly { readonly entity: string; readonly action: string }[]
  readonly secret?: string
  readonly status?: string
}

/** Who wants to be told what happens in the registry. */
export const webhookOperations = [
  mlflow({
    name: 'createWebhook',
    method: 'POST',
    path: '/webhooks',
    right: write,
    input: Wish,
    async answer(deps, { input, workspace }) {
      const webhook = await createWebhook(deps, workspace.key, {
        ...wishOf(input),
        name: required('name', input.name),
        url: required('url', input.url),
        events: required('events', input.events).map(({ entity, action }) => eventNamed(entity, action)),
      })
      return { webhook: present(webhook) }
    },
  }),
  mlflow({
    name: 'listWebhooks',
    method: 'GET',
    path: '/webhooks',
    right: read,
    input: Type.Object({ max_results: Type.Optional(Whole), page_token: text }),
    async answer({ store }, { input, workspace }): Promise<JsonObject> {
      const after = readPageToken(input.page_token)
      const page = await store.documents.find(workspace.key, WEBHOOK, {
        limit: limitOf(input.max_results, { usual: 100, most: 1000 }),
        ...(after !== undefined && { after }),
      })
      return {
        webhooks: page.items.map((document) => present(webhookOf(document))),
        ...(page.next !== undefined && { next_page_token: pageToken(page.next) }),
      }
    },
  }),
  mlflow({
    name: 'getWebhook',
    method: 'GET',
    path: ONE,
    right: read,
    async answer({ store }, { params, workspace }) {
      return { webhook: present(await findWebhook(store, workspace.key, params.webhook_id ?? '')) }
    },
  }),
  mlflow({
    name: 'updateWebhook',
    method: 'PATCH',
    path: ONE,
    right: write,
    input: Wish,
    async answer(deps, { input, params, workspace }) {
      const wish = { id: params.webhook_id ?? '', wish: wishOf(input) }
      return { webhook: present(await changeWebhook(deps, workspace.key, wish)) }
    },
  }),
  mlflow({
    name: 'deleteWebhook',
    method: 'DELETE',
    path: ONE,
    right: write,
    async answer(deps, { params, workspace }) {
      await removeWebhook(deps, workspace.key, params.webhook_id ?? '')
      return {}
    },
  }),
  mlflow({
    name: 'testWebhook',
    method: 'POST',
    path: `${ONE}/test`,
    right: write,
    input: Type.Object({ webhook_id: text, event: Type.Optional(Event) }),
    async answer(deps, { input, params, workspace }): Promise<JsonObject> {
      const webhook = await findWebhook(deps.store, workspace.key, params.webhook_id ?? '')
      const event = input.event ? eventNamed(input.event.entity, input.event.action) : webhook.events[0]
      if (!event) throw fault('ParameterInvalid', { reason: 'The webhook has no events.' })
      const sending = { id: randomUUID(), event, data: exampleOf(event), timestamp: deps.now().toISOString() }
      const sent = await sendWebhook(deps, webhook, sending).catch((error: unknown) => error as Error)
      if (sent instanceof Error) {
        return { result: { success: false, error_message: `Failed to test webhook: ${sent.message}` } }
      }
      return { result: { success: sent.status < 400, response_status: sent.status, response_body: sent.text } }
    },
  }),
]

import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { TrackedDocument } from '../../store/documents.ts'
import type { Repositories } from '../../store/store.ts'

export const WEBHOOK = 'webhook'
export const DELIVERY = 'webhook-delivery'

/** What happens in a registry that a webhook can be told of, with an example of what is told. */
const examples = {
  'REGISTERED_MODEL.CREATED': { name: 'example_model', tags: { key: 'value' }, description: 'An example' },
  'MODEL_VERSION.CREATED': {
    name: 'example_model',
    version: '1',
    source: 'models:/example_model/1',
    run_id: 'abcd1234abcd5678',
    tags: { key: 'value' },
    description: 'An example',
  },
  'MODEL_VERSION_TAG.SET': { name: 'example_model', version: '1', key: 'key', value: 'value' },
  'MODEL_VERSION_TAG.DELETED': { name: 'example_model', version: '1', key: 'key' },
  'MODEL_VERSION_ALIAS.CREATED': { name: 'example_model', alias: 'example_alias', version: '1' },
  'MODEL_VERSION_ALIAS.DELETED': { name: 'example_model', alias: 'example_alias' },
  'PROMPT.CREATED': { name: 'example_prompt', tags: { key: 'value' }, description: 'An example' },
  'PROMPT_VERSION.CREATED': {
    name: 'example_prompt',
    version: '1',
    template: 'Hello {{name}}!',
    tags: { key: 'value' },
    description: 'An example',
  },
  'PROMPT_TAG.SET': { name: 'example_prompt', key: 'key', value: 'value' },
  'PROMPT_TAG.DELETED': { name: 'example_prompt', key: 'key' },
  'PROMPT_VERSION_TAG.SET': { name: 'example_prompt', version: '1', key: 'key', value: 'value' },
  'PROMPT_VERSION_TAG.DELETED': { name: 'example_prompt', version: '1', key: 'key' },
  'PROMPT_ALIAS.CREATED': { name: 'example_prompt', alias: 'example_alias', version: '1' },
  'PROMPT_ALIAS.DELETED': { name: 'example_prompt', alias: 'example_alias' },
} as const satisfies Record<string, JsonObject>

export type WebhookEvent = keyof typeof examples

export const exampleOf = (event: WebhookEvent): JsonObject => examples[event]

/** @throws ParameterInvalid for a pair that never happens here */
export function eventNamed(entity: string, action: string): WebhookEvent {
  const name = `${entity}.${action}`
  if (Object.hasOwn(examples, name)) return name as WebhookEvent
  throw fault('ParameterInvalid', {
    reason: `Invalid webhook event '${name}': it is one of ${Object.keys(examples).join(', ')}.`,
  })
}

export interface Webhook {
  readonly id: string
  readonly workspace: string
  readonly name: string
  readonly description?: string
  readonly url: string
  readonly events: readonly WebhookEvent[]
  readonly active: boolean
  /** Sealed. */
  readonly secret?: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly updatedAt: number
}

export function webhookOf({ id, workspace, name, at, body }: TrackedDocument): Webhook {
  const [description, secret] = [textAt(body.description), textAt(body.secret)]
  return {
    ...{ id, workspace, name },
    url: textAt(body.url) ?? '',
    events: (Array.isArray(body.events) ? body.events : []) as WebhookEvent[],
    active: body.active === true,
    createdAt: at,
    updatedAt: Number(body.updatedAt),
    ...(description !== undefined && { description }),
    ...(secret !== undefined && { secret }),
  }
}

export const webhookDocument = ({ id, workspace, name, createdAt, ...body }: Webhook): TrackedDocument => ({
  ...{ workspace, kind: WEBHOOK, id, owner: '', name, at: createdAt, body: objectAt({ ...body }) },
})

/** @throws WebhookNotFound */
export async function findWebhook(from: Repositories, workspace: string, id: string): Promise<Webhook> {
  const found = await from.documents.get(workspace, WEBHOOK, id)
  if (!found) throw fault('WebhookNotFound', { webhook: id })
  return webhookOf(found)
}

/** What a secret is bound to. */
export const webhookContext = (workspace: string, id: string): string => `webhook:${workspace}/${id}`

import { randomUUID } from 'node:crypto'
import { fault } from '../../faults.ts'
import type { Deps } from '../deps.ts'
import {
  DELIVERY,
  findWebhook,
  WEBHOOK,
  type Webhook,
  type WebhookEvent,
  webhookContext,
  webhookDocument,
} from './webhook.ts'

export interface WebhookWish {
  readonly name?: string
  readonly description?: string
  readonly url?: string
  readonly events?: readonly WebhookEvent[]
  readonly secret?: string
  readonly active?: boolean
}

const NAME = /^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/i

/** @throws ParameterInvalid */
function checkWish({ name, url, events }: WebhookWish): void {
  const refuse = (reason: string) => fault('ParameterInvalid', { reason })
  if (name !== undefined && !NAME.test(name)) {
    throw refuse(
      `Webhook name '${name}' is invalid. It must start and end with a letter or digit, be at most 63 characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-).`,
    )
  }
  if (url !== undefined) {
    const parsed = URL.canParse(url) ? new URL(url) : undefined
    if (!parsed || !/^https?:$/.test(parsed.protocol))
      throw refuse(`Invalid webhook URL '${url}': it is no http or https URL.`)
    if (parsed.username !== '' || parsed.password !== '') throw refuse('A webhook URL must not hold credentials.')
  }
  if (events?.length === 0) throw refuse("Invalid value for parameter 'events' supplied: at least one event.")
}

/**
 * Makes a webhook: what happens is told to its URL from now on.
 *
 * @throws ParameterInvalid
 */
export async function createWebhook(
  { store, sealing, now }: Pick<Deps, 'store' | 'sealing' | 'now'>,
  workspace: string,
  wish: WebhookWish & Required<Pick<WebhookWish, 'name' | 'url' | 'events'>>,
): Promise<Webhook> {
  checkWish(wish)
  const at = now().getTime()
  const id = randomUUID()
  const { secret, active = true, ...rest } = wish
  const made: Webhook = {
    ...{ id, workspace, active, createdAt: at, updatedAt: at, ...rest },
    ...(secret && { secret: sealing.seal(secret, webhookContext(workspace, id)) }),
  }
  await store.write((within) => within.documents.put(webhookDocument(made)))
  return made
}

/** @throws WebhookNotFound, ParameterInvalid */
export async function changeWebhook(
  { store, sealing, now }: Pick<Deps, 'store' | 'sealing' | 'now'>,
  workspace: string,
  { id, wish }: { readonly id: string; readonly wish: WebhookWish },
): Promise<Webhook> {
  checkWish(wish)
  const at = now().getTime()
  const { secret, ...rest } = wish
  return await store.write(async (within) => {
    const known = await findWebhook(within, workspace, id)
    const changed: Webhook = {
      ...known,
      ...rest,
      updatedAt: at,
      ...(secret && { secret: sealing.seal(secret, webhookContext(workspace, id)) }),
    }
    await within.documents.put(webhookDocument(changed))
    return changed
  })
}

/** Removes a webhook and what it has still to be told. @throws WebhookNotFound */
export async function removeWebhook({ store }: Pick<Deps, 'store'>, workspace: string, id: string): Promise<void> {
  await store.write(async (within) => {
    await findWebhook(within, workspace, id)
    await within.documents.removeOwned(workspace, DELIVERY, id)
    await within.documents.remove(workspace, WEBHOOK, [id])
  })
}

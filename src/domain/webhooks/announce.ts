import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../../json.ts'
import type { Repositories } from '../../store/store.ts'
import { DELIVERY, WEBHOOK, type WebhookEvent, webhookOf } from './webhook.ts'

export interface Happened {
  readonly event: WebhookEvent
  readonly data: JsonObject
}

/**
 * Notes what happened for every webhook that wants to know, in the write in which it happens: what is committed will be
 * told, and nothing else.
 */
export async function announce(
  within: Repositories,
  workspaceId: string,
  { happened, now }: { readonly happened: readonly Happened[]; readonly now: string },
): Promise<void> {
  if (happened.length === 0) return
  const workspace = workspaceId.toLowerCase()
  const { items } = await within.documents.find(workspace, WEBHOOK)
  for (const webhook of items.map(webhookOf)) {
    for (const { event, data } of happened) {
      if (!webhook.active || !webhook.events.includes(event)) continue
      await within.documents.put({
        ...{ workspace, kind: DELIVERY, id: randomUUID(), owner: webhook.id, name: event },
        at: Date.parse(now),
        body: { event, data, timestamp: now, attempts: 0 },
      })
    }
  }
}

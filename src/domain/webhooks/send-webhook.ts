import { createHmac } from 'node:crypto'
import type { JsonObject } from '../../json.ts'
import type { Deps } from '../deps.ts'
import { type Webhook, type WebhookEvent, webhookContext } from './webhook.ts'

const TIMEOUT_MS = 10_000
const MOST_ANSWER = 4096

export interface Sending {
  readonly id: string
  readonly event: WebhookEvent
  readonly data: JsonObject
  /** When it happened, ISO 8601. */
  readonly timestamp: string
}

export interface Sent {
  readonly status: number
  readonly text: string
  /** Seconds that the receiver asks to wait. */
  readonly retryAfter?: number
}

/**
 * Tells a webhook's URL what happened, signed with its secret so that it can tell who tells it and when.
 *
 * Source: MLflow, "Webhooks"; the signature is that of Standard Webhooks: `v1,` and the HMAC-SHA256 of id, time and body.
 *
 * @throws Error where there is no answer
 */
export async function sendWebhook(
  { sealing, now }: Pick<Deps, 'sealing' | 'now'>,
  webhook: Webhook,
  { id, event, data, timestamp }: Sending,
): Promise<Sent> {
  const [entity = '', action = ''] = event.toLowerCase().split('.')
  const body = JSON.stringify({ entity, action, timestamp, data })
  const seconds = String(Math.floor(now().getTime() / 1000))
  const secret = webhook.secret && sealing.open(webhook.secret, webhookContext(webhook.workspace, webhook.id))
  const answer = await fetch(webhook.url, {
    method: 'POST',
    body,
    // A receiver that sends elsewhere may send to what only this machine reaches.
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      'content-type': 'application/json',
      'x-mlflow-delivery-id': id,
      'x-mlflow-timestamp': seconds,
      ...(secret && { 'x-mlflow-signature': signature(secret, `${id}.${seconds}.${body}`) }),
    },
  })
  const text = (await answer.text()).slice(0, MOST_ANSWER)
  const wait = Number(answer.headers.get('retry-after') ?? Number.NaN)
  return { status: answer.status, text, ...(wait >= 0 && { retryAfter: wait }) }
}

const signature = (secret: string, text: string): string =>
  `v1,${createHmac('sha256', secret).update(text).digest('base64')}`

import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { TrackedDocument } from '../../store/documents.ts'
import type { Deps } from '../deps.ts'
import { MODEL_VERSIONS, MODELS } from '../models/models.ts'
import { type Sent, sendWebhook } from './send-webhook.ts'
import { DELIVERY, WEBHOOK, type WebhookEvent, webhookOf } from './webhook.ts'

const AT_ONCE = 20
const MOST_ATTEMPTS = 10
const FIRST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 60_000
/** A clock that is set, or an error of the store's, is got over by then. */
const LONGEST_SLEEP_MS = 30_000
const AGAIN: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])

type Needs = Pick<Deps, 'store' | 'sealing' | 'now' | 'log'>

export interface WebhookDeliveries {
  start(): void
  stop(): Promise<void>
}

/**
 * Tells webhooks what they are to be told, again with growing waits where the receiver is away or busy. What is waiting is
 * kept in the store: a restart goes on with it, under the same delivery id, so that a receiver can tell a second time.
 */
export function deliverWebhooks(deps: Needs): WebhookDeliveries {
  let timer: NodeJS.Timeout | undefined
  let working: Promise<void> | undefined
  let again = false
  let stopped = true

  const wake = (): void => {
    if (stopped) return
    again = true
    working ??= round().finally(() => {
      working = undefined
    })
  }

  async function round(): Promise<void> {
    while (again && !stopped) {
      again = false
      clearTimeout(timer)
      try {
        const due = await deps.store.documents.due(DELIVERY, deps.now().getTime(), AT_ONCE)
        await Promise.all(due.map((delivery) => deliver(deps, delivery)))
        again ||= due.length > 0
        if (!again) await sleep()
      } catch (error) {
        deps.log.error({ err: error }, 'webhooks could not be told')
        timer = setTimeout(wake, LONGEST_SLEEP_MS).unref()
      }
    }
  }

  async function sleep(): Promise<void> {
    const next = await deps.store.documents.next(DELIVERY)
    if (next === undefined || stopped) return
    const wait = Math.min(Math.max(next - deps.now().getTime(), 50), LONGEST_SLEEP_MS)
    timer = setTimeout(wake, wait).unref()
  }

  return {
    start() {
      stopped = false
      // Whatever is announced comes with a change of a model or a version.
      for (const type of [MODELS, MODEL_VERSIONS]) deps.store.onResourceChange(type, wake)
      wake()
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      await working
    },
  }
}

async function deliver(deps: Needs, delivery: TrackedDocument): Promise<void> {
  const { workspace, id, owner, body } = delivery
  const known = await deps.store.documents.get(workspace, WEBHOOK, owner)
  const webhook = known && webhookOf(known)
  const done = () => deps.store.write((within) => within.documents.remove(workspace, DELIVERY, [id]))
  if (!webhook?.active) return await done()
  const sending = {
    id,
    event: body.event as WebhookEvent,
    data: objectAt(body.data),
    timestamp: textAt(body.timestamp) ?? '',
  }
  const sent = await sendWebhook(deps, webhook, sending).catch((error: unknown) => error as Error)
  if (!(sent instanceof Error) && sent.status < 400) return await done()
  const about = { webhook: owner, delivery: id, ...(sent instanceof Error ? { err: sent } : { status: sent.status }) }
  const attempts = Number(body.attempts) + 1
  const hopeless = !(sent instanceof Error) && !AGAIN.has(sent.status)
  if (hopeless || attempts >= MOST_ATTEMPTS) {
    deps.log.warn({ ...about, attempts }, 'a webhook was not told: its receiver did not take it')
    return await done()
  }
  deps.log.debug({ ...about, attempts }, 'a webhook is told later')
  await deps.store.write((within) =>
    within.documents.put(later(delivery, { body, attempts, sent, now: deps.now().getTime() })),
  )
}

function later(
  delivery: TrackedDocument,
  { body, attempts, sent, now }: { body: JsonObject; attempts: number; sent: Sent | Error; now: number },
): TrackedDocument {
  const asked = sent instanceof Error ? 0 : (sent.retryAfter ?? 0) * 1000
  const wait = Math.min(Math.max(FIRST_WAIT_MS * 2 ** (attempts - 1), asked), LONGEST_WAIT_MS)
  return { ...delivery, at: now + wait, body: { ...body, attempts } }
}

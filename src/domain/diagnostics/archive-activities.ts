import type { BlobLocation } from '../../compute/engine.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'
import { foldId, parseResourceId } from '../../resource-id.ts'
import type { StoredActivity } from '../../store/activities.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Deps } from '../deps.ts'
import { DIAGNOSTIC_SETTINGS, wantsCategory } from './check-setting.ts'

type Needs = Pick<Deps, 'store' | 'blobs' | 'log'>

/** Azure's name of the container for activity logs. */
const CONTAINER = 'insights-activity-logs'
const PART = 500
const LOOK_MS = 1_000

/**
 * Appends new events of the activity log to the accounts that subscriptions' diagnostic settings name, until it is
 * stopped. How far each setting is stands in its state; no event is lost or written twice by a kill.
 */
export function archiveActivities(deps: Needs): { start(): void; stop(): Promise<void> } {
  let settings: readonly StoredResource[] | undefined
  let timer: NodeJS.Timeout | undefined
  let going: Promise<void> | undefined
  const failing = new Set<string>()
  deps.store.onResourceChange(DIAGNOSTIC_SETTINGS, () => {
    settings = undefined
  })

  async function look(): Promise<void> {
    const known = settings ?? (await deps.store.resources.ofType('', DIAGNOSTIC_SETTINGS)).items
    settings = known
    for (const { id } of known) {
      try {
        while (await archivePart(deps, id)) {
          // Another part may follow at once.
        }
        failing.delete(id)
      } catch (error) {
        // An account may be away for long: said once, tried on.
        if (!failing.has(id)) deps.log.error({ err: error, setting: id }, 'Activity logs could not be archived')
        failing.add(id)
      }
    }
  }

  return {
    start() {
      timer ??= setInterval(() => {
        going ??= look()
          .catch((error: unknown) => deps.log.error({ err: error }, 'Diagnostic settings could not be read'))
          .finally(() => {
            going = undefined
          })
      }, LOOK_MS)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      timer = undefined
      await going
    },
  }
}

/** What is about to be appended: kept before, so that after a kill it is known whether it was. */
interface Pending {
  readonly blob: string
  readonly offset: number
  readonly upTo: number
}

/** Archives the next events of one hour. @returns whether there were any */
async function archivePart(deps: Needs, settingId: string): Promise<boolean> {
  const { store, blobs } = deps
  const setting = await store.resources.get(settingId)
  const subscription = parseResourceId(settingId)?.subscriptionId ?? ''
  const properties = objectAt(setting?.body.properties)
  const account = parseResourceId(textAt(properties.storageAccountId) ?? '')?.name ?? ''
  if (!setting || !(await store.resources.get(foldId(textAt(properties.storageAccountId) ?? '')))) return false
  const place = Number(setting.state.place ?? 0)
  const found = await store.activities.since(place, PART)
  const first = found[0]
  const last = found.at(-1)
  if (!first || !last) return false
  const hour = first.activity.at.slice(0, 13)
  const ofHour = found.slice(0, lengthOfHour(found, hour))
  const upTo = ofHour.at(-1)?.place ?? place
  const lines = ofHour
    .map(({ activity }) => activity)
    .filter((activity) => isWanted(activity, subscription, properties))
    .map((activity) => `${JSON.stringify(recordOf(activity))}\n`)
  if (lines.length > 0) {
    await blobs.ensureContainer(account, CONTAINER)
    await append(deps, {
      settingId,
      at: { account, container: CONTAINER, path: pathOf(subscription, hour) },
      lines,
      upTo,
    })
  }
  await keepState(deps, settingId, { place: upTo })
  return true
}

function lengthOfHour(found: readonly { readonly activity: StoredActivity }[], hour: string): number {
  const other = found.findIndex(({ activity }) => !activity.at.startsWith(hour))
  return other < 0 ? found.length : other
}

const isWanted = ({ resourceId }: StoredActivity, subscription: string, properties: JsonObject): boolean =>
  parseResourceId(resourceId)?.subscriptionId?.toLowerCase() === subscription.toLowerCase() &&
  wantsCategory(properties, 'Administrative')

async function append(
  deps: Needs,
  {
    settingId,
    at,
    lines,
    upTo,
  }: {
    readonly settingId: string
    readonly at: BlobLocation
    readonly lines: readonly string[]
    readonly upTo: number
  },
): Promise<void> {
  const size = (await deps.blobs.info(at))?.size ?? 0
  const before = pendingOf((await deps.store.resources.get(settingId))?.state)
  if (before?.blob === at.path && before.upTo === upTo && size > before.offset) return
  const pending: Pending = { blob: at.path, offset: size, upTo }
  await keepState(deps, settingId, { pending: { ...pending } })
  await deps.blobs.append(at, Buffer.from(lines.join('')))
}

function pendingOf(state: JsonObject | undefined): Pending | undefined {
  const pending = state?.pending
  return isObject(pending)
    ? { blob: String(pending.blob), offset: Number(pending.offset), upTo: Number(pending.upTo) }
    : undefined
}

const keepState = ({ store }: Needs, settingId: string, change: JsonObject): Promise<void> =>
  store.write(async (within) => {
    const kept = await within.resources.get(settingId)
    if (!kept) return
    const { pending: _done, ...state } = kept.state
    await within.resources.put({ ...kept, state: { ...state, ...change } })
  })

/** Azure's name of an hour's blob. */
function pathOf(subscription: string, hour: string): string {
  const [year, month, rest = ''] = hour.split('-')
  const [day, clock] = rest.split('T')
  return `resourceId=/SUBSCRIPTIONS/${subscription.toUpperCase()}/y=${year}/m=${month}/d=${day}/h=${clock}/m=00/PT1H.json`
}

const RESULTS: Readonly<Record<string, string>> = {
  Started: 'Start',
  Accepted: 'Accept',
  Succeeded: 'Success',
  Failed: 'Failure',
  Canceled: 'Cancel',
}

/** An event as a line of an archive shows it. */
function recordOf({ at, resourceId, correlationId, status, event }: StoredActivity): JsonObject {
  const code = textAt(objectAt(event.subStatus).value)
  return {
    time: at,
    resourceId: resourceId.toUpperCase(),
    operationName: (textAt(objectAt(event.operationName).value) ?? '').toUpperCase(),
    category: 'Administrative',
    resultType: RESULTS[status] ?? status,
    resultSignature: `${status}.${code ?? ''}`,
    durationMs: '0',
    callerIpAddress: textAt(objectAt(event.httpRequest).clientIpAddress) ?? '',
    correlationId,
    identity: { authorization: event.authorization, claims: event.claims },
    level: event.level === 'Error' ? 'Error' : 'Information',
    properties: event.properties,
  }
}

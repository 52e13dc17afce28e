import { fault } from '../../faults.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'
import type { VaultObject, VaultVersion } from '../../store/vault-objects.ts'
import { seconds } from './attributes.ts'
import { daysOf, shifted } from './durations.ts'
import { makeKey, sameKind } from './key-material.ts'
import { putKey } from './keys.ts'
import { VAULTS, vaultOf } from './vault.ts'
import { type FoundVersion, findObject, findVersion, type Named, type VaultDeps } from './vault-object.ts'

export interface LifetimeAction {
  readonly trigger: { readonly timeAfterCreate?: string; readonly timeBeforeExpiry?: string }
  readonly action: { readonly type: string }
}

const SHORTEST_LIFE_DAYS = 28
const SHORTEST_ROTATION_DAYS = 7

/** Azure's policy of a key that was given none. */
const unset: JsonObject = {
  lifetimeActions: [{ trigger: { timeBeforeExpiry: 'P30D' }, action: { type: 'Notify' } }],
  attributes: {},
}

/** @throws as `findObject` */
export async function rotationPolicy({ store }: Pick<VaultDeps, 'store'>, named: Named): Promise<JsonObject> {
  const { body } = await findObject(store, named)
  return isObject(body.rotationPolicy) ? body.rotationPolicy : unset
}

/**
 * Sets when a key is rotated by itself. `Notify` is Event Grid's to do, which is not here: it is kept and shown, as the
 * policy of every key has it.
 *
 * @throws VaultBadParameter; as `findObject`
 */
export async function setRotationPolicy(
  deps: VaultDeps,
  named: Named,
  wish: { readonly lifetimeActions: readonly LifetimeAction[]; readonly expiryTime?: string },
): Promise<JsonObject> {
  const now = deps.now()
  const { expiryTime } = wish
  if (expiryTime !== undefined && daysOf(expiryTime, now) < SHORTEST_LIFE_DAYS) {
    throw fault('VaultBadParameter', { reason: `expiryTime must be ${SHORTEST_LIFE_DAYS} days or more` })
  }
  const lifetimeActions = wish.lifetimeActions.map((one) => actionOf(one, expiryTime, now))
  return deps.store.write(async (within) => {
    const object = await findObject(within, named)
    const { created = seconds(now) } = objectAt(objectAt(object.body.rotationPolicy).attributes)
    const policy: JsonObject = {
      lifetimeActions,
      attributes: { ...(expiryTime !== undefined && { expiryTime }), created, updated: seconds(now) },
    }
    await within.vaults.putObject({ ...object, body: { ...object.body, rotationPolicy: policy } })
    return policy
  })
}

function actionOf({ trigger, action }: LifetimeAction, expiryTime: string | undefined, now: Date): JsonObject {
  const type = { rotate: 'Rotate', notify: 'Notify' }[action.type.toLowerCase()]
  if (!type) throw fault('VaultBadParameter', { reason: `'${action.type.slice(0, 20)}' is none of Rotate, Notify` })
  const { timeAfterCreate, timeBeforeExpiry } = trigger
  if ((timeAfterCreate === undefined) === (timeBeforeExpiry === undefined)) {
    throw fault('VaultBadParameter', { reason: 'A trigger has either timeAfterCreate or timeBeforeExpiry' })
  }
  if (timeBeforeExpiry !== undefined && type === 'Rotate' && expiryTime === undefined) {
    throw fault('VaultBadParameter', { reason: 'timeBeforeExpiry needs an expiryTime' })
  }
  const given = timeAfterCreate ?? timeBeforeExpiry ?? ''
  if (daysOf(given, now) < SHORTEST_ROTATION_DAYS) {
    throw fault('VaultBadParameter', { reason: `A trigger must be ${SHORTEST_ROTATION_DAYS} days or more` })
  }
  return {
    trigger: timeAfterCreate === undefined ? { timeBeforeExpiry: given } : { timeAfterCreate: given },
    action: { type },
  }
}

/** Makes a key's next version, of the same kind, that expires as its policy says. @throws as `findVersion` */
export async function rotateKey(deps: VaultDeps, named: Named): Promise<FoundVersion> {
  const { object, version } = await findVersion(deps.store, named)
  if (version.body.managed === true) throw fault('VaultObjectIsManaged', { name: named.name })
  const material = await makeKey(sameKind(objectAt(version.body.key)))
  const expiryTime = textAt(objectAt(objectAt(object.body.rotationPolicy).attributes).expiryTime)
  return putKey(deps, named, material, {
    ...(expiryTime !== undefined && { attributes: { exp: seconds(shifted(deps.now(), expiryTime)) } }),
    ...(isObject(version.body.tags) && { tags: version.body.tags as Readonly<Record<string, string>> }),
  })
}

/** Whether a key's policy has it rotated now. */
export function rotationIsDue(object: VaultObject, current: VaultVersion, now: Date): boolean {
  const actions = objectAt(object.body.rotationPolicy).lifetimeActions
  const { created, exp } = objectAt(current.body.attributes)
  return (Array.isArray(actions) ? actions.filter(isObject) : []).some(({ trigger, action }) => {
    if (objectAt(action).type !== 'Rotate') return false
    const { timeAfterCreate, timeBeforeExpiry } = objectAt(trigger)
    if (typeof timeAfterCreate === 'string') return shifted(epoch(created), timeAfterCreate) <= now
    return (
      typeof exp === 'number' &&
      typeof timeBeforeExpiry === 'string' &&
      shifted(epoch(exp), timeBeforeExpiry, -1) <= now
    )
  })
}

const epoch = (time: unknown): Date => new Date(Number(time) * 1000)

/** Rotates every key, and makes every certificate anew, whose policy says that it is time. */
export async function rotateDue(deps: VaultDeps): Promise<void> {
  const { items } = await deps.store.resources.ofType('', VAULTS)
  for (const vault of items.map(vaultOf)) {
    const keys = await deps.store.vaults.objects(vault.key, 'keys', { deleted: false })
    for (const { object, current } of keys.items) {
      if (!rotationIsDue(object, current, deps.now())) continue
      await rotateKey(deps, { vault, kind: 'keys', name: object.name })
    }
    const certificates = await deps.store.vaults.objects(vault.key, 'certificates', { deleted: false })
    for (const { object, current } of certificates.items) {
      // What reads and makes certificates is large: it is loaded where there is one.
      const { renewIfDue } = await import('./certificates/certificates.ts')
      await renewIfDue(deps, { vault, kind: 'certificates', name: object.name }, current)
    }
  }
}

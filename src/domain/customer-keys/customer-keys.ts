import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import { type Fault, fault, isFault } from '../../faults.ts'
import type { AccessControl, Caller } from '../../identity/identity.ts'
import { parseResourceId } from '../../resource-id.ts'
import type { DataKeyRing, DataKeyRow } from '../../store/data-keys.ts'
import type { Sealing } from '../../store/sealing.ts'
import type { Store } from '../../store/store.ts'
import { decrypt, encrypt } from '../vaults/keys.ts'
import { VAULTS, vaultOf } from '../vaults/vault.ts'
import { mayInVault } from '../vaults/vault-access.ts'
import { findVersion, type Named } from '../vaults/vault-object.ts'
import { type KeyWish, keyProblem, needed } from './key-conditions.ts'
import { parseKeyIdentifier } from './key-identifier.ts'
import { callerOf } from './service-principals.ts'

/** Data keys that customers' vaults wrap: made with the first wish, used while the vault's key can be. */
export interface CustomerKeys {
  /** Makes the data key of a scope before anything of it is written. A wish that can't come true yet is sealed as well. */
  prepare(scope: string, wish: KeyWish): Promise<void>
  /** Has the data key wrapped by the wish's key: anew where another wrapped it. @throws CustomerKeyUnavailable */
  confirm(scope: string, wish: KeyWish): Promise<void>
  /** Keeps the data key under the install's own from now on; nothing where there is none. @throws CustomerKeyUnavailable */
  release(scope: string): Promise<void>
  forget(scope: string): Promise<void>
  /** Opens what can be opened, and looks again whenever a key, a right or a vault changes, and every now and then. */
  start(): Promise<void>
  stop(): Promise<void>
}

export interface CustomerKeysDeps {
  readonly store: Store
  readonly sealing: Sealing
  readonly access: AccessControl
  readonly ring: DataKeyRing
  readonly now: () => Date
  readonly log: Logger
  readonly tenantId: string
}

const ALGORITHM = 'RSA-OAEP-256'
const KEY_BYTES = 32
/** Keys also come and go by the clock alone (`nbf`, `exp`). */
const EVERY_MS = 20_000
const CHANGES = [
  `${VAULTS}/keys`,
  VAULTS,
  'Microsoft.Authorization/roleAssignments',
  'Microsoft.Authorization/roleDefinitions',
]
const pendingContext = (scope: string): string => `data-key:${scope}`

export function customerKeys(deps: CustomerKeysDeps): CustomerKeys {
  const { store, ring, log } = deps
  const reasons = new Map<string, string>()
  let looking: Promise<void> | undefined
  let again = false
  let timer: NodeJS.Timeout | undefined

  /** Looks at every data key, one round after the other; what changes during a round is seen by the next. */
  function look(): Promise<void> {
    if (looking) {
      again = true
      return looking
    }
    looking = (async () => {
      do {
        again = false
        for (const row of await store.dataKeys.all()) await lookAt(row)
      } while (again)
    })().finally(() => {
      looking = undefined
    })
    return looking
  }

  async function lookAt(row: DataKeyRow): Promise<void> {
    const { scope } = row
    try {
      const key = await unwrapped(deps, row)
      if (reasons.delete(scope)) log.info({ scope }, 'A customer-managed key is back')
      if (!ring.has(scope) || !ring.isOpen(scope)) ring.use(scope, key)
      await follow(row, key)
    } catch (error) {
      const reason = isFault(error) ? error.message : 'asking its vault failed.'
      if (!isFault(error)) log.error({ err: error, scope }, 'A customer-managed key could not be asked for')
      if (reasons.get(scope) === reason && ring.has(scope)) return
      log.warn({ scope, reason }, 'A customer-managed key is away')
      reasons.set(scope, reason)
      ring.close(scope, () => unavailable(scope, reason))
    }
  }

  async function wrap(
    row: DataKeyRow,
    named: Named,
    { version, key }: { version: string; key: Buffer },
  ): Promise<void> {
    const found = await encrypt(deps, named, 'wrapKey', { version, alg: ALGORITHM, value: key })
    const wrapped = found.result.value.toString('base64url')
    const by = version === '' ? { version: found.version.version } : {}
    const { pending: _over, version: _before, ...rest } = row
    await store.write((within) => within.dataKeys.put({ ...rest, ...by, wrapped }))
  }

  /** A key that is named without its version is followed: what its latest version does not wrap yet is wrapped anew. */
  async function follow(row: DataKeyRow, key: Buffer): Promise<void> {
    if (row.version === undefined) return
    const { named } = await keyNamed(store, row)
    const { object } = await findVersion(store, named)
    if (object.version !== row.version) await wrap(row, named, { version: '', key })
  }

  const lookSoon = (): void => {
    look().catch((error: unknown) => log.error({ err: error }, 'Customer-managed keys could not be looked at'))
  }

  return {
    async prepare(scope, wish) {
      const known = await store.dataKeys.get(scope)
      if (known) return
      const key = randomBytes(KEY_BYTES)
      const pending = deps.sealing.seal(key.toString('base64url'), pendingContext(scope))
      await store.write((within) => within.dataKeys.put({ ...rowOf(scope, wish), pending }))
      ring.use(scope, key)
    },
    async confirm(scope, wish) {
      const known = await store.dataKeys.get(scope)
      if (!known) throw new Error(`${scope} was not prepared for its key`)
      const row = rowOf(scope, wish)
      if (known.wrapped !== undefined && isDeepStrictEqual(rowOf(scope, known), row)) return
      const problem = await keyProblem(deps, wish)
      if (problem !== undefined) throw unavailable(scope, problem)
      const { named, version } = await keyNamed(store, row)
      await wrap(row, named, { version, key: Buffer.from(ring.keyOf(scope)) })
    },
    async release(scope) {
      const known = await store.dataKeys.get(scope)
      if (known?.wrapped === undefined) return
      const pending = deps.sealing.seal(Buffer.from(ring.keyOf(scope)).toString('base64url'), pendingContext(scope))
      const { wrapped: _over, version: _latest, ...rest } = known
      await store.write((within) => within.dataKeys.put({ ...rest, pending }))
    },
    async forget(scope) {
      if (!(await store.dataKeys.get(scope))) return
      await store.write((within) => within.dataKeys.remove(scope))
      ring.forget(scope)
      reasons.delete(scope)
    },
    async start() {
      await look()
      for (const type of CHANGES) store.onResourceChange(type, lookSoon)
      timer = setInterval(lookSoon, EVERY_MS)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await looking?.catch(() => undefined)
    },
  }
}

const rowOf = (scope: string, wish: Pick<KeyWish, 'vaultId' | 'keyIdentifier'> & Principal): DataKeyRow => ({
  scope,
  vaultId: wish.vaultId,
  keyIdentifier: wish.keyIdentifier,
  principalId: 'principal' in wish ? wish.principal.objectId : wish.principalId,
})
type Principal = { readonly principal: Caller } | { readonly principalId: string }

const unavailable = (scope: string, reason: string): Fault => fault('CustomerKeyUnavailable', { scope, reason })

/** The data key in clear, by asking the vault as the service would. @throws what the vault refuses it with */
async function unwrapped(deps: CustomerKeysDeps, row: DataKeyRow): Promise<Buffer> {
  const { store, sealing, access, tenantId } = deps
  if (row.wrapped === undefined) {
    return Buffer.from(sealing.open(row.pending ?? '', pendingContext(row.scope)), 'base64url')
  }
  const { named, version } = await keyNamed(store, row)
  const principal = await callerOf(store.identities, tenantId, { objectId: row.principalId })
  if (!principal) throw unavailable(row.scope, 'the principal that may use its key is gone.')
  for (const { use, action } of needed) {
    const right = { kind: 'keys', permission: use, action } as const
    const question = { caller: principal, vault: named.vault, right, object: `keys/${named.name}` }
    if (await mayInVault(access, question)) continue
    throw unavailable(row.scope, `'${principal.displayName}' lost ${use} on the key vault '${named.vault.name}'.`)
  }
  const value = Buffer.from(row.wrapped, 'base64url')
  return (await decrypt(deps, named, 'unwrapKey', { version: row.version ?? version, alg: ALGORITHM, value })).result
}

async function keyNamed(store: Store, row: DataKeyRow): Promise<{ readonly named: Named; readonly version: string }> {
  const identifier = parseKeyIdentifier(row.keyIdentifier)
  const id = parseResourceId(row.vaultId)
  const vault = id && (await store.resources.get(id.text))
  if (!identifier || !vault) throw unavailable(row.scope, `the key vault '${row.vaultId}' is not there.`)
  return { named: { vault: vaultOf(vault), kind: 'keys', name: identifier.key }, version: identifier.version }
}

import { createHmac, hkdfSync } from 'node:crypto'
import { type Fault, fault } from '../faults.ts'
import { openWith, sealWith } from './aes-gcm.ts'
import type { DataKeyRing } from './data-keys.ts'

interface Held {
  readonly key: Buffer
  /** For marks: a key of its own, so that no text is both hashed and sealed with the same. */
  readonly marks: Buffer
  /** For bytes of blobs, which are sealed in another mode. */
  readonly bytes: Buffer
}

/** Rows of these kinds of scopes are sealed; a storage account's row is not, only its bytes. */
const WORKSPACE =
  /^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+\/providers\/microsoft\.machinelearningservices\/workspaces\/[^/]+/
/** Rights and locks at a workspace are the subscription's, and are read for every request. */
const NOT_ITS_OWN = '/providers/microsoft.authorization/'

/** The data keys that this process holds. Nothing is in it before the customer's keys have been asked. */
export function dataKeyRing(): DataKeyRing {
  const held = new Map<string, Held | (() => Fault)>()
  const listeners: (() => void)[] = []
  const tell = (): void => {
    for (const listener of listeners) listener()
  }
  const keyOf = (scope: string): Held => {
    const found = held.get(scope)
    if (found === undefined) throw fault('CustomerKeyUnavailable', { scope, reason: 'its data key is not known here' })
    if (typeof found === 'function') throw found()
    return found
  }
  return {
    scopeOf(key) {
      if (held.size === 0) return undefined
      const scope = WORKSPACE.exec(key)?.[0]
      if (scope === undefined || !held.has(scope)) return undefined
      return key.startsWith(NOT_ITS_OWN, scope.length) ? undefined : scope
    },
    seal: (scope, clear, context) => sealWith(keyOf(scope).key, clear, context).toString('base64url'),
    open: (scope, sealed, context) => openWith(keyOf(scope).key, Buffer.from(sealed, 'base64url'), context),
    mark: (scope, text) => createHmac('sha256', keyOf(scope).marks).update(text).digest('base64url').slice(0, 22),
    isOpen: (scope) => typeof held.get(scope) === 'object',
    keyOf: (scope) => keyOf(scope).key,
    bytesKeyOf: (scope) => keyOf(scope).bytes,
    has: (scope) => held.has(scope),
    use(scope, key) {
      const derived = (use: string) => Buffer.from(hkdfSync('sha256', key, '', use, 32))
      held.set(scope, { key: Buffer.from(key), marks: derived('marks'), bytes: derived('bytes') })
      tell()
    },
    close(scope, refusal) {
      const before = held.get(scope)
      held.set(scope, refusal)
      // What was held stays in no memory of ours.
      if (typeof before === 'object') {
        before.key.fill(0)
        before.marks.fill(0)
        before.bytes.fill(0)
      }
      tell()
    },
    forget(scope) {
      if (held.delete(scope)) tell()
    },
    onChange(listener) {
      listeners.push(listener)
    },
  }
}

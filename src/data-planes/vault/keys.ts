import { Type } from 'typebox'
import { rotateKey, rotationPolicy, setRotationPolicy } from '../../domain/vaults/key-rotation.ts'
import { bringKey, createKey, getKey, updateKey } from '../../domain/vaults/keys.ts'
import type { FoundVersion } from '../../domain/vaults/vault-object.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt } from '../../json.ts'
import type { VaultVersion } from '../../store/vault-objects.ts'
import { commonOperations } from './common.ts'
import { idOf, type Place, shared } from './present.ts'
import { Attributes, Tags } from './secrets.ts'
import { rightTo, type VaultOperation, vaultOperation } from './vault-operation.ts'

const kind = 'keys'
const Operations = Type.Array(Type.String())
const KeyAttributes = Type.Interface([Attributes], { exportable: Type.Optional(Type.Boolean()) })
const Described = { attributes: Type.Optional(KeyAttributes), tags: Type.Optional(Tags) }
/** What a key here can't have, so that nobody believes that it has. */
const Refused = { release_policy: Type.Optional(Type.Unknown()) }
const right = (permission: string, action = `${permission}/action`) => rightTo(kind, permission, action)

export const keyOperations: readonly VaultOperation[] = [
  vaultOperation({
    name: 'Keys.create',
    method: 'POST',
    path: '/keys/{name}/create',
    right: right('create'),
    body: Type.Object({
      kty: Type.String(),
      key_size: Type.Optional(Type.Integer()),
      crv: Type.Optional(Type.String()),
      key_ops: Type.Optional(Operations),
      public_exponent: Type.Optional(Type.Integer()),
      ...Described,
      ...Refused,
    }),
    async answer(deps, call) {
      refuseRelease(call.body)
      return { body: shown(call, await createKey(deps, { ...call, kind, name: call.params.name }, call.body)) }
    },
  }),
  vaultOperation({
    name: 'Keys.import',
    method: 'PUT',
    path: '/keys/{name}',
    right: right('import'),
    body: Type.Object({
      key: Type.Object({ kty: Type.String() }),
      Hsm: Type.Optional(Type.Boolean()),
      ...Described,
      ...Refused,
    }),
    async answer(deps, call) {
      refuseRelease(call.body)
      const { key, Hsm } = call.body
      const jwk = Hsm === true ? { ...objectAt(key), kty: `${key.kty}-HSM` } : objectAt(key)
      return { body: shown(call, await bringKey(deps, { ...call, kind, name: call.params.name }, jwk, call.body)) }
    },
  }),
  ...['/keys/{name}', '/keys/{name}/{version}'].flatMap((path) => [
    vaultOperation({
      name: 'Keys.get',
      method: 'GET',
      path: path as '/keys/{name}/{version}',
      right: right('get', 'read'),
      async answer(deps, call) {
        const { name, version } = call.params
        return { body: shown(call, await getKey(deps, { ...call, kind, name }, version)) }
      },
    }),
    vaultOperation({
      name: 'Keys.update',
      method: 'PATCH',
      path: path as '/keys/{name}/{version}',
      right: right('update'),
      body: Type.Object({ key_ops: Type.Optional(Operations), ...Described, ...Refused }),
      async answer(deps, call) {
        refuseRelease(call.body)
        const { name, version } = call.params
        return { body: shown(call, await updateKey(deps, { ...call, kind, name }, version, call.body)) }
      },
    }),
  ]),
  vaultOperation({
    name: 'Keys.rotate',
    method: 'POST',
    path: '/keys/{name}/rotate',
    right: right('rotate'),
    async answer(deps, call) {
      return { body: shown(call, await rotateKey(deps, { ...call, kind, name: call.params.name })) }
    },
  }),
  vaultOperation({
    name: 'Keys.getRotationPolicy',
    method: 'GET',
    path: '/keys/{name}/rotationpolicy',
    right: { kind, permission: 'getrotationpolicy', action: 'keyrotationpolicies/read' },
    async answer(deps, call) {
      const policy = await rotationPolicy(deps, { ...call, kind, name: call.params.name })
      return { body: { id: `${call.base}/keys/${call.params.name}/rotationpolicy`, ...policy } }
    },
  }),
  vaultOperation({
    name: 'Keys.setRotationPolicy',
    method: 'PUT',
    path: '/keys/{name}/rotationpolicy',
    right: { kind, permission: 'setrotationpolicy', action: 'keyrotationpolicies/write' },
    body: Type.Object({
      lifetimeActions: Type.Optional(
        Type.Array(
          Type.Object({
            trigger: Type.Object({
              timeAfterCreate: Type.Optional(Type.Union([Type.String(), Type.Null()])),
              timeBeforeExpiry: Type.Optional(Type.Union([Type.String(), Type.Null()])),
            }),
            action: Type.Object({ type: Type.String() }),
          }),
        ),
      ),
      attributes: Type.Optional(Type.Object({ expiryTime: Type.Optional(Type.Union([Type.String(), Type.Null()])) })),
    }),
    async answer(deps, call) {
      const { lifetimeActions = [], attributes } = call.body
      const expiryTime = attributes?.expiryTime ?? undefined
      const policy = await setRotationPolicy(
        deps,
        { ...call, kind, name: call.params.name },
        {
          lifetimeActions: lifetimeActions.map(({ trigger: { timeAfterCreate, timeBeforeExpiry }, action }) => ({
            trigger: {
              ...(typeof timeAfterCreate === 'string' && { timeAfterCreate }),
              ...(typeof timeBeforeExpiry === 'string' && { timeBeforeExpiry }),
            },
            action,
          })),
          ...(expiryTime !== undefined && { expiryTime }),
        },
      )
      return { body: { id: `${call.base}/keys/${call.params.name}/rotationpolicy`, ...policy } }
    },
  }),
  ...['release', 'attestation', 'securewrapkey', 'secureunwrapkey'].map((what) =>
    vaultOperation({
      name: `Keys.${what}`,
      method: what === 'attestation' ? 'GET' : 'POST',
      path: `/keys/{name}/{version}/${what}`,
      right: right(what === 'attestation' ? 'get' : 'release', what === 'attestation' ? 'read' : 'release/action'),
      async answer() {
        const reason = `'${what}' needs a hardware security module or an attested environment, and there is none here`
        throw fault('VaultNotSupported', { reason })
      },
    }),
  ),
  ...commonOperations({ kind, whole: shown, item }),
]

interface Released {
  readonly release_policy?: unknown
  readonly attributes?: { readonly exportable?: boolean }
}

function refuseRelease({ release_policy: policy, attributes }: Released): void {
  if ((policy === undefined || policy === null) && attributes?.exportable !== true) return
  const reason =
    'A key that is exportable, or has a release_policy, is released to an attested environment, and there is none here'
  throw fault('VaultNotSupported', { reason })
}

function shown(place: Place, { version }: FoundVersion): JsonObject {
  const { size: _own, ...key } = objectAt(version.body.key)
  return { key: { kid: idOf(place, version), ...key }, ...shared(place, version) }
}

function item(place: Place, version: VaultVersion): JsonObject {
  return { kid: `${place.base}/keys/${version.name}`, ...shared(place, version) }
}

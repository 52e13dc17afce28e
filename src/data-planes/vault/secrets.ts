import { Type } from 'typebox'
import { getSecret, setSecret, updateVersion } from '../../domain/vaults/secrets.ts'
import type { FoundVersion } from '../../domain/vaults/vault-object.ts'
import type { JsonObject } from '../../json.ts'
import type { VaultVersion } from '../../store/vault-objects.ts'
import { commonOperations } from './common.ts'
import { idOf, type Place, shared } from './present.ts'
import { rightTo, type VaultOperation, vaultOperation } from './vault-operation.ts'

/** Attributes as clients send them: null is as good as absent, and what only the service says is passed over. */
export const Attributes = Type.Object({
  enabled: Type.Optional(Type.Boolean()),
  nbf: Type.Optional(Type.Integer({ minimum: 0, maximum: 253_402_300_799 })),
  exp: Type.Optional(Type.Integer({ minimum: 0, maximum: 253_402_300_799 })),
})
export const Tags = Type.Record(Type.String(), Type.String())
const Described = {
  contentType: Type.Optional(Type.String()),
  attributes: Type.Optional(Attributes),
  tags: Type.Optional(Tags),
}

const kind = 'secrets'

export const secretOperations: readonly VaultOperation[] = [
  vaultOperation({
    name: 'Secrets.set',
    method: 'PUT',
    path: '/secrets/{name}',
    right: rightTo(kind, 'set', 'setSecret/action'),
    body: Type.Object({ value: Type.String(), ...Described }),
    async answer(deps, call) {
      const { value } = call.body
      return {
        body: { value, ...shown(call, await setSecret(deps, { ...call, kind, name: call.params.name }, call.body)) },
      }
    },
  }),
  ...['/secrets/{name}', '/secrets/{name}/{version}'].map((path) =>
    vaultOperation({
      name: 'Secrets.get',
      method: 'GET',
      path: path as '/secrets/{name}/{version}',
      right: rightTo(kind, 'get', 'getSecret/action'),
      async answer(deps, call) {
        const { name, version } = call.params
        const found = await getSecret(deps, { ...call, kind, name }, version)
        return { body: { value: found.value, ...shown(call, found) } }
      },
    }),
  ),
  ...['/secrets/{name}', '/secrets/{name}/{version}'].map((path) =>
    vaultOperation({
      name: 'Secrets.update',
      method: 'PATCH',
      path: path as '/secrets/{name}/{version}',
      right: rightTo(kind, 'set', 'update/action'),
      body: Type.Object(Described),
      async answer(deps, call) {
        const { name, version } = call.params
        return { body: shown(call, await updateVersion(deps, { ...call, kind, name }, version, call.body)) }
      },
    }),
  ),
  ...commonOperations({ kind, whole: shown, item }),
]

function shown(place: Place, { version }: FoundVersion): JsonObject {
  const { contentType, kid } = version.body
  return {
    id: idOf(place, version),
    ...shared(place, version),
    ...(contentType !== undefined && { contentType }),
    ...(version.body.managed === true && { kid: kid ?? `${place.base}/keys/${version.name}/${version.version}` }),
  }
}

function item(place: Place, version: VaultVersion): JsonObject {
  const { contentType } = version.body
  return {
    id: `${place.base}/secrets/${version.name}`,
    ...shared(place, version),
    ...(contentType !== undefined && { contentType }),
  }
}

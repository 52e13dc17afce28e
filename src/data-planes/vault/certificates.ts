import { Type } from 'typebox'
import {
  cancelPending,
  certificatePolicy,
  createCertificate,
  deletePending,
  getCertificate,
  importCertificate,
  mergeCertificate,
  type Pending,
  pendingOf,
  updatePolicy,
} from '../../domain/vaults/certificates/certificates.ts'
import { contactsOf, setContacts } from '../../domain/vaults/certificates/contacts.ts'
import { updateVersion } from '../../domain/vaults/secrets.ts'
import type { FoundVersion } from '../../domain/vaults/vault-object.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt } from '../../json.ts'
import type { VaultVersion } from '../../store/vault-objects.ts'
import { commonOperations } from './common.ts'
import { idOf, type Place, shared } from './present.ts'
import { Attributes, Tags } from './secrets.ts'
import { rightTo, type VaultOperation, vaultOperation } from './vault-operation.ts'

const kind = 'certificates'
const Policy = Type.Record(Type.String(), Type.Unknown())
const Described = { attributes: Type.Optional(Attributes), tags: Type.Optional(Tags) }
const right = (permission: string, action = `${permission}/action`) => rightTo(kind, permission, action)
const contacts = { kind, permission: 'managecontacts', action: 'certificatecontacts/write' } as const

export const certificateOperations: readonly VaultOperation[] = [
  vaultOperation({
    name: 'Certificates.create',
    method: 'POST',
    path: '/certificates/{name}/create',
    right: right('create'),
    body: Type.Object({ policy: Type.Optional(Policy), ...Described }),
    async answer(deps, call) {
      const named = { ...call, kind, name: call.params.name } as const
      const pending = await createCertificate(deps, named, { ...call.body, policy: objectAt(call.body.policy) })
      // As Azure answers it: azure-keyvault-certificates finds the certificate only if its poller has something to wait for.
      return { status: 202, body: pendingShown(call, call.params.name, { ...pending, status: 'inProgress' }) }
    },
  }),
  vaultOperation({
    name: 'Certificates.import',
    method: 'POST',
    path: '/certificates/{name}/import',
    right: right('import'),
    body: Type.Object({
      value: Type.String(),
      pwd: Type.Optional(Type.String()),
      policy: Type.Optional(Policy),
      ...Described,
    }),
    async answer(deps, call) {
      const { policy, ...wish } = call.body
      const named = { ...call, kind, name: call.params.name } as const
      return { body: shown(call, await importCertificate(deps, named, { ...wish, policy: objectAt(policy) })) }
    },
  }),
  vaultOperation({
    name: 'Certificates.setContacts',
    method: 'PUT',
    path: '/certificates/contacts',
    right: contacts,
    body: Type.Object({
      contacts: Type.Array(
        Type.Object({
          email: Type.Optional(Type.String()),
          name: Type.Optional(Type.String()),
          phone: Type.Optional(Type.String()),
        }),
      ),
    }),
    async answer(deps, call) {
      await setContacts(deps, call.vault, call.body.contacts)
      return { body: { id: `${call.base}/certificates/contacts`, contacts: call.body.contacts } }
    },
  }),
  ...(['GET', 'DELETE'] as const).map((method) =>
    vaultOperation({
      name: `Certificates.${method === 'GET' ? 'get' : 'delete'}Contacts`,
      method,
      path: '/certificates/contacts',
      right: contacts,
      async answer(deps, call) {
        const found = await contactsOf(deps, call.vault)
        if (method === 'DELETE') await setContacts(deps, call.vault, [])
        return { body: { id: `${call.base}/certificates/contacts`, contacts: found } }
      },
    }),
  ),
  vaultOperation({
    name: 'Certificates.listIssuers',
    method: 'GET',
    path: '/certificates/issuers',
    right: { kind, permission: 'listissuers', action: 'certificatecas/read' },
    async answer() {
      return { body: { value: [], nextLink: null } }
    },
  }),
  ...(['GET', 'PUT', 'PATCH', 'DELETE'] as const).map((method) =>
    vaultOperation({
      name: `Certificates.${method.toLowerCase()}Issuer`,
      method,
      path: '/certificates/issuers/{issuer}',
      right: { kind, permission: method === 'GET' ? 'getissuers' : 'setissuers', action: 'certificatecas/write' },
      async answer() {
        const reason =
          'Certificate authorities are reached from no vault here, so it has no issuers but Self and Unknown'
        throw fault('VaultNotSupported', { reason })
      },
    }),
  ),
  vaultOperation({
    name: 'Certificates.getPolicy',
    method: 'GET',
    path: '/certificates/{name}/policy',
    right: right('get', 'read'),
    async answer(deps, call) {
      const policy = await certificatePolicy(deps, { ...call, kind, name: call.params.name })
      return { body: policyShown(call, call.params.name, policy) }
    },
  }),
  vaultOperation({
    name: 'Certificates.updatePolicy',
    method: 'PATCH',
    path: '/certificates/{name}/policy',
    right: right('update'),
    body: Policy,
    async answer(deps, call) {
      const policy = await updatePolicy(deps, { ...call, kind, name: call.params.name }, objectAt(call.body))
      return { body: policyShown(call, call.params.name, policy) }
    },
  }),
  vaultOperation({
    name: 'Certificates.getPending',
    method: 'GET',
    path: '/certificates/{name}/pending',
    right: right('get', 'read'),
    async answer(deps, call) {
      const pending = await pendingOf(deps, { ...call, kind, name: call.params.name })
      return { body: pendingShown(call, call.params.name, pending) }
    },
  }),
  vaultOperation({
    name: 'Certificates.cancelPending',
    method: 'PATCH',
    path: '/certificates/{name}/pending',
    right: right('update'),
    body: Type.Object({ cancellation_requested: Type.Boolean() }),
    async answer(deps, call) {
      const named = { ...call, kind, name: call.params.name } as const
      return {
        body: pendingShown(call, named.name, await cancelPending(deps, named, call.body.cancellation_requested)),
      }
    },
  }),
  vaultOperation({
    name: 'Certificates.deletePending',
    method: 'DELETE',
    path: '/certificates/{name}/pending',
    right: right('delete', 'delete'),
    async answer(deps, call) {
      const named = { ...call, kind, name: call.params.name } as const
      return { body: pendingShown(call, named.name, await deletePending(deps, named)) }
    },
  }),
  vaultOperation({
    name: 'Certificates.merge',
    method: 'POST',
    path: '/certificates/{name}/pending/merge',
    right: right('create'),
    body: Type.Object({ x5c: Type.Array(Type.String()), ...Described }),
    async answer(deps, call) {
      const named = { ...call, kind, name: call.params.name } as const
      return { status: 201, body: shown(call, await mergeCertificate(deps, named, call.body)) }
    },
  }),
  ...['/certificates/{name}', '/certificates/{name}/{version}'].flatMap((path) => [
    vaultOperation({
      name: 'Certificates.get',
      method: 'GET',
      path: path as '/certificates/{name}/{version}',
      right: right('get', 'read'),
      async answer(deps, call) {
        const { name, version } = call.params
        return { body: shown(call, await getCertificate(deps, { ...call, kind, name }, version)) }
      },
    }),
    vaultOperation({
      name: 'Certificates.update',
      method: 'PATCH',
      path: path as '/certificates/{name}/{version}',
      right: right('update'),
      body: Type.Object({ policy: Type.Optional(Policy), ...Described }),
      async answer(deps, call) {
        const { name, version } = call.params
        const { policy, ...change } = call.body
        const named = { ...call, kind, name } as const
        if (policy) await updatePolicy(deps, named, objectAt(policy))
        return { body: shown(call, await updateVersion(deps, named, version, change)) }
      },
    }),
  ]),
  ...commonOperations({ kind, whole: shown, item }),
]

function shown(place: Place, { version }: FoundVersion): JsonObject {
  const { cer, x5t, policy } = version.body
  const id = idOf(place, version)
  return {
    id,
    ...(cer !== undefined && {
      kid: id.replace('/certificates/', '/keys/'),
      sid: id.replace('/certificates/', '/secrets/'),
      x5t,
      cer,
    }),
    ...shared(place, version),
    ...(policy !== undefined && { policy: policyShown(place, version.name, objectAt(policy)) }),
  }
}

function item(place: Place, version: VaultVersion): JsonObject {
  const { x5t } = version.body
  return {
    id: `${place.base}/certificates/${version.name}`,
    ...(x5t !== undefined && { x5t }),
    ...shared(place, version),
  }
}

function policyShown({ base }: Place, name: string, policy: JsonObject): JsonObject {
  return { ...policy, id: `${base}/certificates/${name}/policy` }
}

function pendingShown({ base }: Place, name: string, { version: _own, ...pending }: Pending): JsonObject {
  return {
    id: `${base}/certificates/${name}/pending`,
    ...pending,
    ...(pending.status === 'completed' && { target: `${base}/certificates/${name}` }),
  }
}

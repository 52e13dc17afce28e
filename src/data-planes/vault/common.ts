import { Type } from 'typebox'
import { backupObject, restoreObject } from '../../domain/vaults/backup.ts'
import { deleteObject, findDeleted, purgeObject, recoverObject } from '../../domain/vaults/deleted-objects.ts'
import { listObjects, listVersions } from '../../domain/vaults/list-objects.ts'
import { deletionShown, type Presenter } from './present.ts'
import { rightTo, type VaultOperation, vaultOperation } from './vault-operation.ts'

/** Base64url as bodies carry bytes. */
export const Bytes = Type.String({ pattern: '^[A-Za-z0-9_+/-]*={0,2}$' })

const nouns = { secrets: 'Secrets', keys: 'Keys', certificates: 'Certificates' } as const

/** What secrets, keys and certificates have alike: listings, deletion and what follows it, backup and restore. */
export function commonOperations({ kind, whole, item }: Presenter): readonly VaultOperation[] {
  const noun = nouns[kind]
  const reading = kind === 'secrets' ? 'readMetadata/action' : 'read'
  const right = (permission: string, action = `${permission}/action`) => rightTo(kind, permission, action)
  return [
    vaultOperation({
      name: `${noun}.list`,
      method: 'GET',
      path: `/${kind}`,
      right: right('list', reading),
      async answer(deps, call) {
        const { items, next } = await listObjects(deps, { vault: call.vault, kind, deleted: false }, call.page)
        const value = items.map(({ version }) => item(call, version))
        return { body: { value, nextLink: next === undefined ? null : call.nextLink(next) } }
      },
    }),
    vaultOperation({
      name: `${noun}.listVersions`,
      method: 'GET',
      path: `/${kind}/{name}/versions`,
      right: right('list', reading),
      async answer(deps, call) {
        const { items, next } = await listVersions(deps, { ...call, kind, name: call.params.name }, call.page)
        const value = items.map((version) => ({ ...item(call, version), ...versioned(item(call, version), version) }))
        return { body: { value, nextLink: next === undefined ? null : call.nextLink(next) } }
      },
    }),
    vaultOperation({
      name: `${noun}.listDeleted`,
      method: 'GET',
      path: `/deleted${kind}`,
      right: right('list', reading),
      async answer(deps, call) {
        const { items, next } = await listObjects(deps, { vault: call.vault, kind, deleted: true }, call.page)
        const value = items.map((found) => ({ ...item(call, found.version), ...deletionShown(call, found) }))
        return { body: { value, nextLink: next === undefined ? null : call.nextLink(next) } }
      },
    }),
    vaultOperation({
      name: `${noun}.delete`,
      method: 'DELETE',
      path: `/${kind}/{name}`,
      right: right('delete', 'delete'),
      async answer(deps, call) {
        const found = await deleteObject(deps, { ...call, kind, name: call.params.name })
        return { body: { ...whole(call, found), ...deletionShown(call, found) } }
      },
    }),
    vaultOperation({
      name: `${noun}.getDeleted`,
      method: 'GET',
      path: `/deleted${kind}/{name}`,
      right: right('get', reading),
      async answer(deps, call) {
        const found = await findDeleted(deps, { ...call, kind, name: call.params.name })
        return { body: { ...whole(call, found), ...deletionShown(call, found) } }
      },
    }),
    vaultOperation({
      name: `${noun}.recover`,
      method: 'POST',
      path: `/deleted${kind}/{name}/recover`,
      right: right('recover'),
      async answer(deps, call) {
        return { body: whole(call, await recoverObject(deps, { ...call, kind, name: call.params.name })) }
      },
    }),
    vaultOperation({
      name: `${noun}.purge`,
      method: 'DELETE',
      path: `/deleted${kind}/{name}`,
      right: right('purge'),
      async answer(deps, call) {
        await purgeObject(deps, { ...call, kind, name: call.params.name })
        return { status: 204 }
      },
    }),
    vaultOperation({
      name: `${noun}.backup`,
      method: 'POST',
      path: `/${kind}/{name}/backup`,
      right: right('backup'),
      async answer(deps, call) {
        const value = await backupObject(deps, { ...call, kind, name: call.params.name })
        return { body: { value: value.toString('base64url') } }
      },
    }),
    vaultOperation({
      name: `${noun}.restore`,
      method: 'POST',
      path: `/${kind}/restore`,
      right: right('restore'),
      body: Type.Object({ value: Bytes }),
      async answer(deps, call) {
        const backup = Buffer.from(call.body.value, 'base64url')
        return { body: whole(call, await restoreObject(deps, { vault: call.vault, kind }, backup)) }
      },
    }),
  ]
}

/** An item's id with its version behind it, for the listing of versions. */
const versioned = (shown: { readonly [name: string]: unknown }, { version }: { readonly version: string }) =>
  Object.fromEntries(['id', 'kid'].flatMap((name) => (shown[name] ? [[name, `${shown[name]}/${version}`]] : [])))

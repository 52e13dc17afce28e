import type { JsonObject } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
import type { ClientSecret, Identities, Principal } from '../identities.ts'
import type { Session } from './session.ts'
import type { ClientSecretRow, PrincipalRow } from './tables.ts'

/** Identities over any SQL database. */
export function sqlIdentities({ db }: Session): Identities {
  const principals = db.selectFrom('principals').selectAll()
  return {
    async principal(objectId) {
      const row = await principals.where('object_id', '=', objectId.toLowerCase()).executeTakeFirst()
      return row && principalOf(row)
    },
    async principalByApp(appId) {
      const row = await principals.where('app_id', '=', appId.toLowerCase()).executeTakeFirst()
      return row && principalOf(row)
    },
    async principalByResource(resourceId) {
      const row = await principals.where('resource_key', '=', foldId(resourceId)).executeTakeFirst()
      return row && principalOf(row)
    },
    async principals() {
      return (await principals.orderBy('created_at').orderBy('object_id').execute()).map(principalOf)
    },
    async putPrincipal(principal) {
      const row = {
        kind: principal.kind,
        app_id: principal.appId?.toLowerCase() ?? null,
        display_name: principal.displayName,
        resource_id: principal.resourceId ?? null,
        resource_key: principal.resourceId === undefined ? null : foldId(principal.resourceId),
        created_at: principal.createdAt,
        details: JSON.stringify(principal.details ?? {}),
      }
      await db
        .insertInto('principals')
        .values({ object_id: principal.objectId.toLowerCase(), ...row })
        .onConflict((conflict) => conflict.column('object_id').doUpdateSet(row))
        .execute()
    },
    async removePrincipal(objectId) {
      await db.deleteFrom('principals').where('object_id', '=', objectId.toLowerCase()).execute()
    },
    async secretsOf(appId) {
      const rows = await db
        .selectFrom('client_secrets')
        .selectAll()
        .where('app_id', '=', appId.toLowerCase())
        .orderBy('id')
        .execute()
      return rows.map(secretOf)
    },
    async putSecret(secret) {
      const row = {
        app_id: secret.appId.toLowerCase(),
        salt: secret.salt,
        hash: secret.hash,
        expires_at: secret.expiresAt ?? null,
        display_name: secret.displayName ?? null,
        hint: secret.hint ?? null,
        starts_at: secret.startsAt ?? null,
      }
      await db
        .insertInto('client_secrets')
        .values({ id: secret.id, ...row })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute()
    },
    async secret(id) {
      const row = await db.selectFrom('client_secrets').selectAll().where('id', '=', id).executeTakeFirst()
      return row && secretOf(row)
    },
    async removeSecret(id) {
      await db.deleteFrom('client_secrets').where('id', '=', id).execute()
    },
    async signingKeys() {
      const rows = await db.selectFrom('signing_keys').selectAll().orderBy('created_at').orderBy('kid').execute()
      return rows.map((row) => ({
        kid: row.kid,
        publicJwk: row.public_jwk,
        sealedPrivateJwk: row.sealed_private_jwk,
        createdAt: row.created_at,
      }))
    },
    async putSigningKey(key) {
      const row = { public_jwk: key.publicJwk, sealed_private_jwk: key.sealedPrivateJwk, created_at: key.createdAt }
      await db
        .insertInto('signing_keys')
        .values({ kid: key.kid, ...row })
        .onConflict((conflict) => conflict.column('kid').doUpdateSet(row))
        .execute()
    },
    async removeSigningKey(kid) {
      await db.deleteFrom('signing_keys').where('kid', '=', kid).execute()
    },
    async fact(name) {
      return (await db.selectFrom('facts').select('value').where('name', '=', name).executeTakeFirst())?.value
    },
    async putFact(name, value) {
      await db
        .insertInto('facts')
        .values({ name, value })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
        .execute()
    },
  }
}

const principalOf = (row: PrincipalRow): Principal => ({
  objectId: row.object_id,
  kind: row.kind as Principal['kind'],
  displayName: row.display_name,
  createdAt: row.created_at,
  ...(row.app_id !== null && { appId: row.app_id }),
  ...(row.resource_id !== null && { resourceId: row.resource_id }),
  ...(row.details !== '{}' && { details: JSON.parse(row.details) as JsonObject }),
})

const secretOf = (row: ClientSecretRow): ClientSecret => ({
  id: row.id,
  appId: row.app_id,
  salt: row.salt,
  hash: row.hash,
  ...(row.expires_at !== null && { expiresAt: row.expires_at }),
  ...(row.starts_at !== null && { startsAt: row.starts_at }),
  ...(row.display_name !== null && { displayName: row.display_name }),
  ...(row.hint !== null && { hint: row.hint }),
})

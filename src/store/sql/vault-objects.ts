import type { Selectable } from 'kysely'
import type { JsonObject } from '../../json.ts'
import type { VaultKind, VaultObject, VaultObjectKey, VaultObjects, VaultVersion } from '../vault-objects.ts'
import type { Session } from './session.ts'
import type { VaultObjectRow, VaultVersionRow } from './vault-tables.ts'

/** The contents of key vaults over any SQL database. */
export function sqlVaultObjects({ db }: Session): VaultObjects {
  const objects = db.selectFrom('vault_objects').selectAll()
  const versions = db.selectFrom('vault_versions').selectAll()
  const at = ({ vault, kind, name }: VaultObjectKey) => ({ vault, kind, name_key: name.toLowerCase() })
  return {
    async object(key) {
      const { vault, kind, name_key } = at(key)
      const row = await objects
        .where('vault', '=', vault)
        .where('kind', '=', kind)
        .where('name_key', '=', name_key)
        .executeTakeFirst()
      return row && objectOf(row)
    },
    async objects(vault, kind, { deleted, after, limit }) {
      let found = objects
        .where('vault', '=', vault)
        .where('kind', '=', kind)
        .where('deleted_at', deleted ? 'is not' : 'is', null)
        .orderBy('name_key')
      if (after !== undefined) found = found.where('name_key', '>', after)
      if (limit !== undefined) found = found.limit(limit + 1)
      const { items, next } = pageOf(await found.execute(), limit, (row) => row.name_key)
      const shown = items.map(async (row) => {
        const object = objectOf(row)
        const current = await this.version(object, object.version)
        if (!current) throw new Error(`The current version of ${kind}/${row.name} in ${vault} is not there`)
        return { object, current }
      })
      return { items: await Promise.all(shown), ...(next !== undefined && { next }) }
    },
    async putObject(object) {
      const row = {
        name: object.name,
        version: object.version,
        body: JSON.stringify(object.body),
        deleted_at: object.deleted?.at ?? null,
        purge_at: object.deleted?.purgeAt ?? null,
      }
      await db
        .insertInto('vault_objects')
        .values({ ...at(object), ...row })
        .onConflict((conflict) => conflict.columns(['vault', 'kind', 'name_key']).doUpdateSet(row))
        .execute()
    },
    async removeObject(key) {
      const { vault, kind, name_key } = at(key)
      for (const table of ['vault_versions', 'vault_objects'] as const) {
        await db
          .deleteFrom(table)
          .where('vault', '=', vault)
          .where('kind', '=', kind)
          .where('name_key', '=', name_key)
          .execute()
      }
    },
    async version(key, version) {
      const { vault, kind, name_key } = at(key)
      const row = await versions
        .where('vault', '=', vault)
        .where('kind', '=', kind)
        .where('name_key', '=', name_key)
        .where('version', '=', version)
        .executeTakeFirst()
      return row && versionOf(row)
    },
    async versions(key, { after, limit } = {}) {
      const { vault, kind, name_key } = at(key)
      let found = versions
        .where('vault', '=', vault)
        .where('kind', '=', kind)
        .where('name_key', '=', name_key)
        .orderBy('seq')
      if (after !== undefined) found = found.where('seq', '>', Number(after))
      if (limit !== undefined) found = found.limit(limit + 1)
      const { items, next } = pageOf(await found.execute(), limit, (row) => String(row.seq))
      return { items: items.map(versionOf), ...(next !== undefined && { next }) }
    },
    async putVersion(version) {
      const row = { name: version.name, body: JSON.stringify(version.body), sealed: version.sealed ?? null }
      await db
        .insertInto('vault_versions')
        .values({ ...at(version), version: version.version, ...row })
        .onConflict((conflict) => conflict.columns(['vault', 'kind', 'name_key', 'version']).doUpdateSet(row))
        .execute()
    },
    async due(time) {
      const rows = await objects.where('deleted_at', 'is not', null).where('purge_at', '<=', time).execute()
      return rows.map(objectOf)
    },
    async removeVault(vault) {
      for (const table of ['vault_versions', 'vault_objects'] as const) {
        await db.deleteFrom(table).where('vault', '=', vault).execute()
      }
    },
  }
}

function pageOf<Row>(rows: readonly Row[], limit: number | undefined, keyOf: (row: Row) => string) {
  const items = limit === undefined ? rows : rows.slice(0, limit)
  const last = items.at(-1)
  return { items, next: rows.length > items.length && last ? keyOf(last) : undefined }
}

const objectOf = (row: VaultObjectRow): VaultObject => ({
  vault: row.vault,
  kind: row.kind as VaultKind,
  name: row.name,
  version: row.version,
  body: JSON.parse(row.body) as JsonObject,
  ...(row.deleted_at !== null && row.purge_at !== null && { deleted: { at: row.deleted_at, purgeAt: row.purge_at } }),
})

const versionOf = (row: Selectable<VaultVersionRow>): VaultVersion => ({
  vault: row.vault,
  kind: row.kind as VaultKind,
  name: row.name,
  version: row.version,
  body: JSON.parse(row.body) as JsonObject,
  ...(row.sealed !== null && { sealed: row.sealed }),
})

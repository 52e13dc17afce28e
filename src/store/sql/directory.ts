import type { JsonObject } from '../../json.ts'
import type { Application, Directory, DirectoryLink, Relation } from '../directory.ts'
import type { Session } from './session.ts'
import type { ApplicationRow, DirectoryLinkRow } from './tables.ts'

/** The directory over any SQL database. */
export function sqlDirectory({ db }: Session): Directory {
  const applications = db.selectFrom('applications').selectAll()
  const links = db.selectFrom('directory_links').selectAll().orderBy('created_at').orderBy('target')
  return {
    async application(objectId) {
      const row = await applications.where('object_id', '=', objectId.toLowerCase()).executeTakeFirst()
      return row && applicationOf(row)
    },
    async applicationByApp(appId) {
      const row = await applications.where('app_id', '=', appId.toLowerCase()).executeTakeFirst()
      return row && applicationOf(row)
    },
    async applications() {
      return (await applications.orderBy('created_at').orderBy('object_id').execute()).map(applicationOf)
    },
    async putApplication(application) {
      const row = {
        app_id: application.appId.toLowerCase(),
        display_name: application.displayName,
        details: JSON.stringify(application.details),
        created_at: application.createdAt,
      }
      await db
        .insertInto('applications')
        .values({ object_id: application.objectId.toLowerCase(), ...row })
        .onConflict((conflict) => conflict.column('object_id').doUpdateSet(row))
        .execute()
    },
    async removeApplication(objectId) {
      await db.deleteFrom('applications').where('object_id', '=', objectId.toLowerCase()).execute()
    },
    async linksFrom(source, relation) {
      const found = links.where('source', '=', source.toLowerCase()).where('relation', '=', relation)
      return (await found.execute()).map(linkOf)
    },
    async linksTo(target, relation) {
      const found = links.where('target', '=', target.toLowerCase()).where('relation', '=', relation)
      return (await found.execute()).map(linkOf)
    },
    async putLink({ source, relation, target, detail, createdAt }) {
      await db
        .insertInto('directory_links')
        .values({ source, relation, target, detail, created_at: createdAt })
        .onConflict((conflict) => conflict.columns(['source', 'relation', 'target', 'detail']).doNothing())
        .execute()
    },
    async removeLink({ source, relation, target, detail }) {
      await db
        .deleteFrom('directory_links')
        .where('source', '=', source)
        .where('relation', '=', relation)
        .where('target', '=', target)
        .where('detail', '=', detail)
        .execute()
    },
    async removeLinksOf(objectId) {
      const id = objectId.toLowerCase()
      await db
        .deleteFrom('directory_links')
        .where((where) => where.or([where('source', '=', id), where('target', '=', id)]))
        .execute()
    },
  }
}

const applicationOf = (row: ApplicationRow): Application => ({
  objectId: row.object_id,
  appId: row.app_id,
  displayName: row.display_name,
  details: JSON.parse(row.details) as JsonObject,
  createdAt: row.created_at,
})

const linkOf = (row: DirectoryLinkRow): DirectoryLink => ({
  source: row.source,
  relation: row.relation as Relation,
  target: row.target,
  detail: row.detail,
  createdAt: row.created_at,
})

import type { JsonObject } from '../../json.ts'
import type { Grant, Grants } from '../grants.ts'
import type { Session } from './session.ts'
import type { GrantRow } from './tables.ts'

/** Grants over any SQL database. */
export function sqlGrants({ db }: Session): Grants {
  const grants = db.selectFrom('grants').selectAll()
  return {
    async get(id) {
      const row = await grants.where('id', '=', id).executeTakeFirst()
      return row && grantOf(row)
    },
    async byUserCode(userCode) {
      const row = await grants.where('user_code', '=', userCode).executeTakeFirst()
      return row && grantOf(row)
    },
    async put(grant) {
      const row = {
        kind: grant.kind,
        family: grant.family,
        user_code: grant.userCode ?? null,
        subject: grant.subject ?? null,
        body: JSON.stringify(grant.body),
        expires_at: grant.expiresAt,
        used_at: grant.usedAt ?? null,
      }
      await db
        .insertInto('grants')
        .values({ id: grant.id, ...row })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute()
    },
    async removeFamily(family) {
      await db.deleteFrom('grants').where('family', '=', family).execute()
    },
    async removeOf(subject) {
      await db.deleteFrom('grants').where('subject', '=', subject).execute()
    },
    async removeExpired(before) {
      await db.deleteFrom('grants').where('expires_at', '<', before).execute()
    },
  }
}

const grantOf = (row: GrantRow): Grant => ({
  id: row.id,
  kind: row.kind as Grant['kind'],
  family: row.family,
  body: JSON.parse(row.body) as JsonObject,
  expiresAt: row.expires_at,
  ...(row.user_code !== null && { userCode: row.user_code }),
  ...(row.subject !== null && { subject: row.subject }),
  ...(row.used_at !== null && { usedAt: row.used_at }),
})

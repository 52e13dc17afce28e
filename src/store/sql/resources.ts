import { type Selectable, type SelectQueryBuilder, sql } from 'kysely'
import { type Json, type JsonObject, objectAt } from '../../json.ts'
import { foldId, parseResourceId } from '../../resource-id.ts'
import type { RowSealing } from '../data-keys.ts'
import { type ListResources, madeBy, type Resources, type StoredResource, type SystemData } from '../resources.ts'
import type { Page } from '../store.ts'
import { bodyOf, clearBody, isReadable, unsealed } from './sealed-body.ts'
import type { Session } from './session.ts'
import type { ResourceRow, Tables } from './tables.ts'

type Stored = Selectable<ResourceRow>
type Select = SelectQueryBuilder<Tables, 'resources', Stored>

/** Names that an unfolded listing of a group leaves out, as Azure does: they are read at their own routes. */
const UNLISTED = /^microsoft\.(authorization|resources)\//

/**
 * Resources over any SQL database. Those of a workspace with customer-managed keys are sealed; while the key is away,
 * asking for one is refused, and listings tell what is kept in clear.
 */
export function sqlResources({ db, run }: Session, sealing: RowSealing = unsealed): Resources {
  const present = (row: Stored): StoredResource => resourceOf(sealing, row)
  const listed = (row: Stored): StoredResource => (isReadable(sealing, row.key) ? present(row) : closedOne(row))
  const all = db.selectFrom('resources').selectAll()
  const live = all.where('key', '=', '').where('deleted_at', 'is', null).compile()
  const deleted = all.where('key', '=', '').where('deleted_at', 'is not', null).compile()
  const upsert = upsertOf(db)

  const list = async (query: Select, options: ListResources = {}): Promise<Page<StoredResource>> => {
    const order = options.newestFirst ? 'seq' : 'key'
    let bounded = query.orderBy(order, options.newestFirst ? 'desc' : 'asc')
    if (!options.includeDeleted) bounded = bounded.where('deleted_at', 'is', null)
    if (options.after !== undefined) {
      bounded = options.newestFirst
        ? bounded.where('seq', '<', Number(options.after))
        : bounded.where('key', '>', options.after)
    }
    for (const [path, value] of Object.entries(options.where ?? {})) bounded = bounded.where(equals(path, value))
    if (options.limit !== undefined) bounded = bounded.limit(options.limit + 1)
    const rows = await bounded.execute()
    const items = options.limit === undefined ? rows : rows.slice(0, options.limit)
    const last = items.at(-1)
    return { items: items.map(listed), ...(rows.length > items.length && last && { next: String(last[order]) }) }
  }

  return {
    async get(id) {
      const [row] = await run<Stored>(live, [foldId(id)])
      return row && present(row)
    },
    async getDeleted(id) {
      const [row] = await run<Stored>(deleted, [foldId(id)])
      return row && present(row)
    },
    async peek(id, { deleted: isDeleted = false } = {}) {
      const [row] = await run<Stored>(isDeleted ? deleted : live, [foldId(id)])
      return row && listed(row)
    },
    async mark(id, { provisioningState, deletedAt }) {
      const set = { provisioning_state: provisioningState, ...(deletedAt !== undefined && { deleted_at: deletedAt }) }
      await db.updateTable('resources').set(set).where('key', '=', foldId(id)).execute()
    },
    async put(resource) {
      const row = rowOf(sealing, resource)
      await run(
        upsert,
        columns.map((column) => row[column]),
      )
    },
    async remove(id) {
      await db.deleteFrom('resources').where('key', '=', foldId(id)).execute()
    },
    async below(id) {
      const rows = await within(all, id).where('deleted_at', 'is', null).execute()
      return rows.sort((a, b) => depth(b.key) - depth(a.key)).map(listed)
    },
    children: (parent, type, options) =>
      list(all.where('parent_key', '=', scopeKey(parent)).where('type_key', '=', type.toLowerCase()), options),
    ofType: (scope, type, options) => list(within(all.where('type_key', '=', type.toLowerCase()), scope), options),
    under: (scope, options) => list(within(all.where('listed', '=', 1), scope), options),
    async byGlobalName(type, name) {
      const row = await all
        .where('type_key', '=', type.toLowerCase())
        .where('name_key', '=', name.toLowerCase())
        .executeTakeFirst()
      return row && present(row)
    },
    async byName(type, name) {
      const { items } = await list(
        all.where('type_key', '=', type.toLowerCase()).where('name_key', '=', name.toLowerCase()),
      )
      return items
    },
  }
}

const columns = [
  'key',
  'id',
  'type',
  'type_key',
  'parent_key',
  'name',
  'name_key',
  'listed',
  'body',
  'state',
  'secrets',
  'provisioning_state',
  'etag',
  'system',
  'deleted_at',
] as const

function upsertOf(db: Session['db']) {
  const blank = Object.fromEntries(columns.map((column) => [column, ''])) as unknown as Row
  return db
    .insertInto('resources')
    .values(blank)
    .onConflict((conflict) =>
      conflict
        .column('key')
        .doUpdateSet((row) =>
          Object.fromEntries(columns.slice(1).map((column) => [column, row.ref(`excluded.${column}`)])),
        ),
    )
    .compile()
}

/** '' is the tenant; every other scope is a folded id. */
const scopeKey = (scope: string): string => (scope === '' || scope === '/' ? '' : foldId(scope))

/** Everything strictly below a scope: keys between `scope/` and `scope0`, '0' being the character after '/'. */
const within = (query: Select, scope: string): Select =>
  query.where('key', '>', `${scopeKey(scope)}/`).where('key', '<', `${scopeKey(scope)}0`)

const depth = (key: string): number => key.split('/').length

/** Equality on a value in the body. The path's names stand in the text, so only plain names are let in. */
function equals(path: string, value: Json) {
  const names = path.split('.')
  if (!names.every((name) => /^[\w$ -]+$/.test(name))) throw new Error(`Not a path to filter by: ${path}`)
  if (typeof value === 'object' && value !== null) throw new Error(`Not a value to filter by, at ${path}`)
  const found = sql`json_extract(body, ${sql.lit(`$${names.map((name) => `."${name}"`).join('')}`)})`
  if (value === null) return sql<boolean>`${found} is null`
  return sql<boolean>`${found} = ${typeof value === 'boolean' ? Number(value) : value}`
}

type Row = Omit<ResourceRow, 'seq'>

function rowOf(sealing: RowSealing, resource: StoredResource): Row {
  if (resource.closed) throw new Error(`${resource.id} can't be written: what it holds could not be read`)
  const id = parseResourceId(resource.id)
  if (!id) throw new Error(`Not a resource id: ${resource.id}`)
  const typeKey = resource.type.toLowerCase()
  const key = foldId(resource.id)
  const inGroup = id.parent?.type === 'Microsoft.Resources/resourceGroups'
  return {
    key,
    id: resource.id,
    type: resource.type,
    type_key: typeKey,
    parent_key: id.parent?.key ?? '',
    name: resource.name,
    name_key: resource.name.toLowerCase(),
    listed: Number(inGroup && !UNLISTED.test(typeKey)),
    ...partsOf(sealing, key, resource),
    provisioning_state: resource.provisioningState,
    etag: resource.etag,
    deleted_at: resource.deletedAt ?? null,
  }
}

type Parts = Pick<StoredResource, 'body' | 'state' | 'secrets' | 'system'>

/** The JSON columns; a sealed resource has all of it in one. */
function partsOf(sealing: RowSealing, key: string, { body, state, secrets, system }: Parts) {
  if (sealing.scopeOf(key) === undefined) {
    const texts = { body: JSON.stringify(body), state: JSON.stringify(state), secrets: JSON.stringify(secrets) }
    return { ...texts, system: JSON.stringify(system) }
  }
  const all = bodyOf(sealing, { key, context: key }, { body, state, secrets, system }, searchedOf(body))
  return { body: all, state: '{}', secrets: '{}', system: '{}' }
}

/** What listings look for in a body (`where`), kept beside what is sealed. */
function searchedOf({ location, properties }: JsonObject): JsonObject {
  const { isDefault, properties: inner } = objectAt(properties)
  const { hash_sha256: hash } = objectAt(inner)
  return {
    ...(location !== undefined && { location }),
    properties: {
      ...(isDefault !== undefined && { isDefault }),
      ...(hash !== undefined && { properties: { hash_sha256: hash } }),
    },
  }
}

const resourceOf = (sealing: RowSealing, row: Stored): StoredResource => ({
  ...named(row),
  ...(sealing.scopeOf(row.key) === undefined
    ? {
        body: parse<JsonObject>(row.body),
        state: parse<JsonObject>(row.state),
        secrets: parse<Record<string, string>>(row.secrets),
        system: parse<SystemData>(row.system),
      }
    : clearBody<Parts>(sealing, { key: row.key, context: row.key }, row.body)),
})

const nobody = madeBy('', new Date(0).toISOString())

/** What is told of a resource whose key is away. */
function closedOne(row: Stored): StoredResource {
  const { location } = parse<JsonObject>(row.body)
  const body = { ...(location !== undefined && { location }), properties: {} }
  return { ...named(row), body, state: {}, secrets: {}, system: nobody, closed: true }
}

const named = (row: Stored) => ({
  id: row.id,
  type: row.type,
  name: row.name,
  provisioningState: row.provisioning_state as StoredResource['provisioningState'],
  etag: row.etag,
  ...(row.deleted_at !== null && { deletedAt: row.deleted_at }),
})

/** What this adapter itself wrote. */
const parse = <Value>(text: string): Value => JSON.parse(text) as Value

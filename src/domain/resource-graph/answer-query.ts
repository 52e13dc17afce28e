import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { subscriptionId } from '../../resource-id.ts'
import { parseQuery } from './parse.ts'
import { checkQuery, type Found, runQuery } from './run-query.ts'
import { Moment, type Type } from './syntax.ts'
import { type Reader, tableOf } from './tables.ts'

export interface GraphRequest extends Omit<Reader, 'subscriptions'> {
  /** `{ query, subscriptions, options }`, as it was sent. */
  readonly body: JsonObject
  /** What `options.resultFormat` is unless the body says. */
  readonly format: 'table' | 'objectArray'
  readonly now: Date
}

const MOST = 1_000

/**
 * Answers a query of Resource Graph over what the caller may read, a page at a time.
 *
 * @throws QueryInvalid, QueryRequestInvalid, NoValidSubscriptions
 */
export async function answerQuery(request: GraphRequest): Promise<JsonObject> {
  const { body } = request
  const text = textAt(body.query)
  if (text === undefined || text.trim() === '') throw invalid("its body needs a 'query'")
  if (Array.isArray(body.facets) && body.facets.length > 0) throw invalid("'facets' are not offered here")
  const options = objectAt(body.options)
  const format = textAt(options.resultFormat) ?? request.format
  if (format !== 'table' && format !== 'objectArray')
    throw invalid(`'resultFormat' is table or objectArray, not ${format}`)
  const query = parseQuery(text)
  const { columns, rows } = tableOf(query.table, query.place)
  const now = new Moment(request.now.getTime())
  checkQuery({ query, columns, now })
  const subscriptions = await subscriptionsOf(request)
  const skip = skipOf(options, text)
  const top = wholeOf(options, '$top', MOST) ?? MOST
  if (top < 1) throw invalid("'$top' is at least 1")
  const found = await runQuery({
    query,
    columns,
    rows: rows({ ...request, subscriptions }),
    now,
    skip,
    top: Math.min(top, MOST),
  })
  const next = skip + found.rows.length
  const more = next < found.total
  return {
    totalRecords: found.total,
    count: found.rows.length,
    data: format === 'table' ? tableData(found) : (objects(found) as Json),
    facets: [],
    resultTruncated: 'false',
    ...(more && { $skipToken: tokenOf(next, text) }),
  }
}

const invalid = (reason: string) => fault('QueryRequestInvalid', { reason })

/** The subscriptions that are asked about and may be read: folded ids. */
async function subscriptionsOf({ body, deps }: GraphRequest): Promise<readonly string[]> {
  const { resources } = deps.store
  const asked = body.subscriptions
  if (
    asked !== undefined &&
    asked !== null &&
    !(Array.isArray(asked) && asked.every((one) => typeof one === 'string'))
  ) {
    throw invalid("'subscriptions' is a list of ids")
  }
  if (Array.isArray(body.managementGroups) && body.managementGroups.length > 0) {
    throw invalid("'managementGroups' are not here: name subscriptions, or none for all")
  }
  const given = Array.isArray(asked) ? asked.map(String) : []
  const { items } = await resources.ofType('', 'Microsoft.Resources/subscriptions')
  const wanted = new Set(given.map((id) => subscriptionId(id).key))
  const found = items.filter(({ id }) => wanted.size === 0 || wanted.has(id.toLowerCase()))
  if (found.length === 0) throw fault('NoValidSubscriptions', { given: given.map((id) => `'${id}'`).join(', ') })
  // Whoever may read something within a subscription may ask about it: the rows are looked at one by one.
  return found.map(({ id }) => id.toLowerCase())
}

function wholeOf(options: JsonObject, name: string, most: number): number | undefined {
  const value = options[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most) {
    throw invalid(`'${name}' is a whole number up to ${most}`)
  }
  return value
}

/** A token says where the next page begins, and to which query it belongs. */
const tokenOf = (skip: number, query: string): string =>
  Buffer.from(JSON.stringify({ skip, query: query.length })).toString('base64url')

function skipOf(options: JsonObject, query: string): number {
  const token = textAt(options.$skipToken)
  if (!token) return wholeOf(options, '$skip', 1_000_000_000) ?? 0
  try {
    const read: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
    if (isObject(read) && Number.isSafeInteger(read.skip) && Number(read.skip) >= 0 && read.query === query.length) {
      return Number(read.skip)
    }
  } catch {
    // Falls through: whatever is wrong with it, it is none of ours.
  }
  throw invalid("'$skipToken' is none of this query's")
}

const objects = ({ columns, rows }: Found): unknown[] =>
  rows.map((row) => Object.fromEntries([...columns.keys()].map((name) => [name, row[name] ?? null])))

/** The words of the wire for the language's types. */
const WIRE: Readonly<Record<Type, string>> = {
  string: 'string',
  long: 'integer',
  real: 'number',
  bool: 'boolean',
  datetime: 'datetime',
  timespan: 'string',
  dynamic: 'object',
}

const tableData = ({ columns, rows }: Found): Json =>
  ({
    columns: [...columns].map(([name, type]) => ({ name, type: WIRE[type] })),
    rows: rows.map((row) => [...columns.keys()].map((name) => row[name] ?? null)),
  }) as unknown as Json

import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import type { ActivityQuery } from '../../store/activities.ts'
import type { Repositories } from '../../store/store.ts'

const CLAUSE = /^\s*(\w+)\s+(eq|ge|le)\s+(?:'((?:[^']|'')*)'|([\w:.+-]+))\s*/i
const AND = /^and\s+/i
/** What Azure takes and what changes nothing here: every event is of the channel that is asked for. */
const IGNORED = ['eventchannels', 'channels']
const PAGE = 200
/** Azure answers for the last 90 days at most. */
const KEPT_DAYS = 90

interface Clause {
  readonly name: string
  readonly operator: string
  readonly value: string
}

interface Wanted {
  readonly query: ActivityQuery
  readonly keep: (event: JsonObject) => boolean
}

/**
 * A page of a subscription's activity log, newest first, as `$filter` and `$select` ask for it.
 *
 * @throws ActivityFilterInvalid
 */
export async function findActivities(
  { activities }: Pick<Repositories, 'activities'>,
  asked: {
    readonly subscriptionId: string
    readonly filter: string
    readonly select: string
    readonly after?: string
    readonly now: Date
  },
): Promise<{ readonly value: readonly JsonObject[]; readonly next?: string }> {
  const { query, keep } = wanted(asked)
  const names = asked.select.split(',').flatMap((name) => name.trim() || [])
  const value: JsonObject[] = []
  let { after } = asked
  do {
    const page = await activities.find({ ...query, limit: PAGE - value.length, ...(after !== undefined && { after }) })
    for (const { event } of page.items) if (keep(event)) value.push(selected(event, names))
    after = page.next
  } while (after !== undefined && value.length < PAGE)
  return { value, ...(after !== undefined && { next: after }) }
}

function wanted({ filter, subscriptionId, now }: Parameters<typeof findActivities>[1]): Wanted {
  const clauses = clausesOf(filter)
  const one = (name: string, operator = 'eq'): string | undefined =>
    clauses.find((clause) => clause.name === name && clause.operator === operator)?.value
  const refuse = (reason: string) => fault('ActivityFilterInvalid', { reason })
  const time = (operator: string): Date | undefined => {
    const value = one('eventtimestamp', operator)
    if (value === undefined) return undefined
    const ms = Date.parse(/[zZ]$|[+-]\d\d:?\d\d$/.test(value) || !value.includes('T') ? value : `${value}Z`)
    if (Number.isNaN(ms)) throw refuse(`'${value}' is no time`)
    return new Date(ms)
  }
  const from = time('ge')
  if (!from) throw refuse("it needs 'eventTimestamp ge' a time")
  const to = time('le') ?? now
  if (to < from) throw refuse('its end lies before its begin')
  const oldest = new Date(now.getTime() - KEPT_DAYS * 86_400_000)
  const keepers: ((event: JsonObject) => boolean)[] = []
  const fields: Record<string, string> = {}
  for (const { name, operator, value } of clauses) {
    if (name === 'eventtimestamp' || IGNORED.includes(name)) continue
    const field = FIELDS[name]
    const list = LISTS[name]
    if (operator !== 'eq' || (!field && !list)) throw refuse(`'${name} ${operator}' is not one of its clauses`)
    if (field) fields[field] = value
    if (list) {
      const values = value.split(',').map((item) => item.trim().toLowerCase())
      keepers.push((event) => values.includes(list(event).toLowerCase()))
    }
  }
  return {
    query: {
      subscriptionId,
      from: (from < oldest ? oldest : from).toISOString(),
      to: to.toISOString(),
      limit: PAGE,
      ...fields,
    },
    keep: (event) => keepers.every((keeps) => keeps(event)),
  }
}

const FIELDS: Readonly<Record<string, keyof ActivityQuery>> = {
  resourcegroupname: 'resourceGroup',
  resourceuri: 'resourceId',
  resourceid: 'resourceId',
  correlationid: 'correlationId',
  caller: 'caller',
  status: 'status',
}

const wordOf = (part: unknown): string => String((part as { readonly value?: unknown } | undefined)?.value ?? '')
const LISTS: Readonly<Record<string, (event: JsonObject) => string>> = {
  resourceprovider: ({ resourceProviderName }) => wordOf(resourceProviderName),
  resourcetypes: ({ resourceType }) => wordOf(resourceType),
  operations: ({ operationName }) => wordOf(operationName),
  levels: ({ level }) => String(level),
}

function clausesOf(filter: string): readonly Clause[] {
  const clauses: Clause[] = []
  let rest = filter.trim()
  if (rest === '') throw fault('ActivityFilterInvalid', { reason: "it needs 'eventTimestamp ge' a time" })
  while (rest !== '') {
    const found = CLAUSE.exec(rest)
    const and = found && AND.exec(rest.slice(found[0].length))
    if (!found || (!and && found[0].length < rest.length)) {
      throw fault('ActivityFilterInvalid', { reason: `'${rest.slice(0, 40)}' is no clause` })
    }
    const [whole, name = '', operator = '', quoted, bare = ''] = found
    clauses.push({
      name: name.toLowerCase(),
      operator: operator.toLowerCase(),
      value: quoted === undefined ? bare : quoted.replaceAll("''", "'"),
    })
    rest = rest.slice(whole.length + (and?.[0].length ?? 0))
    if (and && rest === '') throw fault('ActivityFilterInvalid', { reason: "it ends with 'and'" })
  }
  return clauses
}

const selected = (event: JsonObject, names: readonly string[]): JsonObject =>
  names.length === 0
    ? event
    : Object.fromEntries(
        Object.entries(event).filter(([key]) => names.some((name) => name.toLowerCase() === key.toLowerCase())),
      )

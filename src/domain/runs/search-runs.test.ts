import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Run, RunStatus } from '../../store/runs.ts'
import { sqlRunSearches } from '../../store/sql/runs.ts'
import { unsealed } from '../../store/sql/sealed-body.ts'
import { openStore, type SqliteStore } from '../../store/sqlite/open-store.ts'
import { runFields } from '../search/fields.ts'
import { parseFilter } from '../search/filter.ts'
import { parseOrder } from '../search/order.ts'
import { runStatuses } from './run-states.ts'
import { type SearchRuns, searchRuns } from './search-runs.ts'

const W = '/subscriptions/s/resourcegroups/g/providers/microsoft.machinelearningservices/workspaces/w'
const directory = mkdtempSync(join(tmpdir(), 'lazuli-search-'))
let store: SqliteStore

function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
const random = seeded(7)
const one = <Item>(...items: readonly Item[]): Item => items[random(items.length)] as Item

const COUNT = 400
const names = ['Ada', 'ada', "o'Neil", 'x%y_z', 'a*b?[c]', 'é', '']

const madeUp = (number: number): Run => {
  const id = `run-${number}`
  const startedAt = new Date(1_700_000_000_000 + random(50) * 1000).toISOString()
  return {
    id,
    workspace: W,
    experimentId: one('e1', 'e2', 'e3'),
    experimentName: 'e',
    kind: 'interactive',
    displayName: one(...names) || id,
    status: one<RunStatus>(...runStatuses),
    createdAt: '2023-01-01T00:00:00.000Z',
    ...(random(3) > 0 && { startedAt }),
    ...(random(2) > 0 && { endedAt: startedAt }),
    createdBy: { objectId: 'a', name: one('Ada', 'Bob') },
    ...(number > 10 && random(4) === 0 && { parentId: `run-${random(10)}` }),
    rootId: id,
    number,
    tags: { ...(random(2) > 0 && { owner: one(...names) }), ...(random(9) === 0 && { 'mlflow.user': 'Eve' }) },
    properties: {},
    params: { ...(random(3) > 0 && { lr: one('0.1', '0.01', '10', '9') }), [`only${number}`]: 'x' },
    hidden: false,
    ...(random(10) === 0 && { deletedAt: startedAt }),
    ...(random(3) === 0 && { datasets: [{ dataset: { name: one('a', 'b') } }] }),
    outputs: {},
    warnings: [],
    spans: [],
    etag: '1',
  }
}

before(async () => {
  store = await openStore({ directory })
  for (let number = 0; number < COUNT; number++) {
    await store.write(({ runs }) => runs.put(madeUp(number)))
    if (random(3) === 0) continue
    const value = one(Number.NaN, Infinity, -Infinity, random(10) / 10, random(10) / 10, 0.5)
    await store.metrics.add(W, `run-${number}`, [
      { key: 'acc', value: 0.1, step: 0, at: 1 },
      { key: 'acc', value, step: 1, at: 2 },
    ])
  }
})
after(async () => {
  await store.close()
  rmSync(directory, { recursive: true })
})

const quoted = (text: string) => `'${text.replaceAll("'", '')}'`
const comparisons: readonly (() => string)[] = [
  () => `metrics.acc ${one('>', '>=', '<', '<=', '=', '!=')} ${one('0.5', '0', '0.9', '-1')}`,
  () => `metrics.nothing ${one('>', '!=')} 0`,
  () => `params.lr ${one('=', '!=', 'LIKE', 'ILIKE')} ${quoted(one('0.1', '%1', '_', '9'))}`,
  () => `params.lr ${one('IS NULL', 'IS NOT NULL', "IN ('9', '10')", "NOT IN ('0.1')")}`,
  () => `params.only${random(COUNT)} = 'x'`,
  () =>
    `tags.owner ${one('=', '!=', 'LIKE', 'ILIKE')} ${quoted(one(...names, 'a%', '%a', '%*%', '[A]da', '%É%', '%%%%a'))}`,
  () => `tags.owner ${one('IS NULL', 'IS NOT NULL')}`,
  () => `tags.\`mlflow.user\` ${one('=', '!=')} ${quoted(one('Eve', 'Ada'))}`,
  () => `tags.mlflow.parentRunId ${one("= 'run-3'", 'IS NULL', "!= 'run-3'")}`,
  () => `tags.mlflow.runName LIKE ${quoted(one('A%', 'run-%'))}`,
  () => `attributes.status ${one('=', '!=')} ${quoted(one('RUNNING', 'FINISHED', 'SCHEDULED', 'NONE'))}`,
  () => `run_id ${one("= 'run-7'", "LIKE 'run-1%'", "IN ('run-1', 'run-2')", "!= 'run-1'")}`,
  () => `user_id = ${quoted(one('Ada', 'Bob', 'Eve'))}`,
  () => `start_time ${one('>', '<=')} ${1_700_000_000_000 + random(50) * 1000}`,
  () => `end_time ${one('>', '<')} 1700000025000`,
  () => `datasets.name ${one('=', '!=')} ${quoted(one('a', 'b'))}`,
]
const orders = [
  'metrics.acc',
  'params.lr',
  'tags.owner',
  'tags.mlflow.user',
  'run_name',
  'start_time',
  'end_time',
  'metrics.nothing',
  'run_id',
]

async function pages(from: Partial<SqliteStore> & Pick<SqliteStore, 'runs'>, search: SearchRuns): Promise<string[]> {
  const found: string[] = []
  let next: string | undefined
  do {
    const page = await searchRuns(from as SqliteStore, W, { ...search, ...(next !== undefined && { after: next }) })
    found.push(...page.items.map(({ id }) => id))
    next = page.next
  } while (next !== undefined)
  return found
}

describe('what an index finds is what reading finds', () => {
  for (let round = 0; round < 120; round++) {
    const filter = Array.from({ length: random(4) }, () => one(...comparisons)()).join(' and ')
    const by = Array.from({ length: random(4) }, () => `${one(...orders)} ${one('ASC', 'DESC')}`)
    const find = { experimentIds: one(['e1'], ['e2', 'e3'], ['e1', 'e2', 'e3'], []), deleted: false }
    test(`${filter || 'all'} order ${by.join(', ') || 'as made'} in ${find.experimentIds.join()}`, async () => {
      const search: SearchRuns = {
        find,
        filter: parseFilter(filter, runFields),
        order: parseOrder(by, runFields),
        limit: 1 + random(60),
      }
      const read = await pages({ runs: store.runs }, search)
      assert.deepEqual(await pages(store, search), read)
      // As among many runs: hardly anything is sorted.
      const runSearches = sqlRunSearches(store.database.read, unsealed, 3)
      assert.deepEqual(await pages({ runs: store.runs, runSearches }, search), read)
    })
  }
})

test('later pages are of the runs that were there at the first', async () => {
  const search: SearchRuns = {
    find: { experimentIds: ['e1', 'e2', 'e3'] },
    filter: [],
    order: parseOrder(['metrics.acc DESC'], runFields),
    limit: 50,
  }
  const first = await searchRuns(store, W, search)
  const everything = await pages(store, search)
  await store.write(({ runs }) => runs.put(madeUp(COUNT)))
  await store.metrics.add(W, `run-${COUNT}`, [{ key: 'acc', value: Infinity, step: 0, at: 0 }])
  const rest = await searchRuns(store, W, { ...search, limit: COUNT + 1, after: first.next ?? '' })
  assert.deepEqual(
    [...first.items, ...rest.items].map(({ id }) => id),
    everything,
  )
})

test('what is removed or changed is found no more by what it was', async () => {
  const search = (filter: string): SearchRuns => ({
    find: {},
    filter: parseFilter(filter, runFields),
    order: [],
    limit: 10,
  })
  const made = { ...madeUp(900), tags: { fresh: 'yes' } }
  await store.write(({ runs }) => runs.put(made))
  assert.deepEqual(await pages(store, search("tags.fresh = 'yes'")), ['run-900'])
  await store.write(({ runs }) => runs.put({ ...made, tags: { fresh: 'no' } }))
  assert.deepEqual(await pages(store, search("tags.fresh = 'yes'")), [])
  await store.write(({ runs }) => runs.remove(W, 'run-900'))
  assert.deepEqual(await pages(store, search("tags.fresh = 'no'")), [])
})

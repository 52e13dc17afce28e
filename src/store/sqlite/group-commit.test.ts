import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import type { Session } from '../sql/session.ts'
import { Connection } from './connection.ts'
import { sessionOf } from './dialect.ts'
import { demandPart, GroupCommit } from './group-commit.ts'

function open(patienceMs = 10_000) {
  const connection = new Connection(':memory:')
  connection.exec('CREATE TABLE t (a TEXT UNIQUE)')
  const session = sessionOf(connection, demandPart)
  const group = new GroupCommit(connection, session, { patienceMs })
  const rows = () => connection.execute<{ a: string }>('SELECT a FROM t ORDER BY a', []).rows.map(({ a }) => a)
  return { connection, group, rows }
}
const insert = ({ db }: Session, value: string) => sql`insert into t values (${value})`.execute(db)

test('a statement that fails takes its part along, and only that', async () => {
  const { group, rows } = open()
  const answers = await Promise.allSettled([
    group.write((session) => insert(session, 'a')),
    group.write(async (session) => {
      await insert(session, 'b')
      await insert(session, 'a')
    }),
    group.write((session) => insert(session, 'c')),
  ])
  assert.deepEqual(
    answers.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  assert.deepEqual(rows(), ['a', 'c'])
})

test('a part that waits for something else is given up, and those behind it go on', async () => {
  const { group, rows } = open(30)
  const stuck = group.write(async (session) => {
    await insert(session, 'stuck')
    await new Promise(() => undefined)
  })
  const next = group.write((session) => insert(session, 'next'))
  await assert.rejects(stuck, /more than 30 ms/)
  await next
  assert.deepEqual(rows(), ['next'])
})

test("a call that was not awaited does not go into somebody else's part", async () => {
  const { group, rows } = open()
  let leaked: Promise<unknown> = Promise.resolve()
  await group.write(async (session) => {
    leaked = Promise.resolve()
      .then(() => new Promise(setImmediate))
      .then(() => insert(session, 'leaked'))
    leaked.catch(() => undefined)
  })
  await group.write((session) => insert(session, 'other'))
  await assert.rejects(leaked, /outlived its write/)
  assert.deepEqual(rows(), ['other'])
})

test('a group that cannot be committed tells those whose parts went well too, and the next group goes on', async () => {
  const { connection, group, rows } = open()
  const answers = Promise.allSettled([
    group.write((session) => insert(session, 'a')),
    // What a full disk does: the whole transaction is gone.
    group.write(async () => connection.exec('ROLLBACK')),
    group.write((session) => insert(session, 'c')),
  ])
  assert.deepEqual(
    (await answers).map(({ status }) => status),
    ['rejected', 'rejected', 'fulfilled'],
  )
  assert.deepEqual(rows(), ['c'])
})

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, test } from 'node:test'
import { Connection } from './connection.ts'
import { openStore } from './open-store.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lazuli-store-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

test('a part that throws is rolled back alone, and its caller hears why', async () => {
  const store = await openStore({ directory })
  const answers = await Promise.allSettled(
    Array.from({ length: 50 }, (_, at) =>
      store.write(async ({ identities }) => {
        await identities.putFact(`f${at}`, 'kept')
        if (at % 5 === 0) throw new Error(`part ${at}`)
      }),
    ),
  )
  assert.deepEqual(
    answers.flatMap((answer) => (answer.status === 'rejected' ? [String(answer.reason)] : [])),
    [0, 5, 10, 15, 20, 25, 30, 35, 40, 45].map((at) => `Error: part ${at}`),
  )
  for (let at = 0; at < 50; at++) {
    assert.equal(await store.identities.fact(`f${at}`), at % 5 === 0 ? undefined : 'kept')
  }
  await store.close()
})

test('writes that arrive together are each atomic, see one another in order, and none is lost', async () => {
  const store = await openStore({ directory })
  await Promise.all(
    Array.from({ length: 1_000 }, () =>
      store.write(async ({ identities }) => {
        const seen = Number((await identities.fact('count')) ?? 0)
        await identities.putFact('count', String(seen + 1))
      }),
    ),
  )
  assert.equal(await store.identities.fact('count'), '1000')
  await store.close()
})

test('a read outside of a write sees what is committed, and the write itself when it resolves', async () => {
  const store = await openStore({ directory })
  await store.write(async ({ identities }) => {
    await identities.putFact('a', '1')
    assert.equal(await identities.fact('a'), '1')
    assert.equal(await store.identities.fact('a'), undefined)
  })
  assert.equal(await store.identities.fact('a'), '1')
  await store.close()
})

test('a write inside a write is refused instead of waiting for itself', async () => {
  const store = await openStore({ directory })
  const nested = store.write(() => store.write(({ identities }) => identities.putFact('a', '1')))
  await assert.rejects(nested, /inside a write/)
  await store.close()
})

test('close finishes what was accepted, refuses what comes later, and may be called twice', async () => {
  const store = await openStore({ directory })
  const accepted = store.write(({ identities }) => identities.putFact('a', '1'))
  await Promise.all([store.close(), store.close()])
  await accepted
  await assert.rejects(
    store.write(({ identities }) => identities.putFact('b', '1')),
    /closed/,
  )
  const again = await openStore({ directory })
  assert.equal(await again.identities.fact('a'), '1')
  await again.close()
})

test('the directory and the database are for their owner alone', async () => {
  const store = await openStore({ directory: join(directory, 'data') })
  assert.equal(statSync(join(directory, 'data')).mode & 0o777, 0o700)
  for (const file of readdirSync(join(directory, 'data'))) {
    assert.equal(statSync(join(directory, 'data', file)).mode & 0o777, 0o600, file)
  }
  await store.close()
})

test('a second opener is refused with the name of the first, until that one has closed', async () => {
  const store = await openStore({ directory })
  for (let times = 0; times < 2; times++) {
    await assert.rejects(openStore({ directory }), new RegExp(`in use by process ${process.pid}, started 20`))
  }
  await store.close()
  await (await openStore({ directory })).close()
})

test('a database of a later version is refused, and stays as it is', async () => {
  await (await openStore({ directory })).close()
  const later = new Connection(join(directory, 'lazuli.db'))
  later.exec(`insert into schema_steps values (9999, 'later', '2030-01-01')`)
  later.close()
  await assert.rejects(openStore({ directory }), /schema 9999/)
})

test('kill -9: everything acknowledged is there, the lock is free, another process was refused before', async () => {
  const child = startWriter(directory)
  const acknowledged: number[] = []
  const lines = createInterface({ input: child.stdout ?? process.stdin })
  for await (const line of lines) {
    acknowledged.push(Number(line))
    if (acknowledged.length === 500) {
      await assert.rejects(openStore({ directory }), new RegExp(`in use by process ${child.pid}, `))
      await assert.rejects(openStore({ directory }), /in use/, 'a refusal leaves the lock as it was')
    }
    if (acknowledged.length === 3_000) break
  }
  child.kill('SIGKILL')
  await once(child, 'exit')
  const store = await openStore({ directory })
  for (const at of acknowledged) {
    // Both halves of a part, or neither.
    assert.equal(await store.identities.fact(`a${at}`), 'x'.repeat(200))
    assert.equal(await store.identities.fact(`b${at}`), 'y')
  }
  await store.close()
})

/** Another process that writes with 16 clients and says the number of each write that was acknowledged. */
function startWriter(at: string): ChildProcess {
  const script = `
    import { writeSync } from 'node:fs'
    import { openStore } from ${JSON.stringify(new URL('./open-store.ts', import.meta.url).href)}
    const store = await openStore({ directory: ${JSON.stringify(at)} })
    let next = 0
    await Promise.all(Array.from({ length: 16 }, async () => {
      for (;;) {
        const at = next++
        await store.write(async ({ identities }) => {
          await identities.putFact('a' + at, 'x'.repeat(200))
          await identities.putFact('b' + at, 'y')
        })
        writeSync(1, at + '\\n')
      }
    }))`
  return spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

/** The README's examples do what it says. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { root, startServer, type TestServer } from './support/server.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server?.stop())

test('the curl example of the README lists resource groups', () => {
  const example = /```sh\n(TOKEN=[\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1]
  assert.ok(example, 'the README has the example')
  // Given the proxy's variables by `env`, as the README tells its reader.
  const script = `eval "$("$1" env --data "$2")" && ${example}`
  const shell = spawnSync('bash', ['-euc', script, 'bash', join(root, 'bin', 'lazuli'), server.data], {
    encoding: 'utf8',
  })
  assert.equal(shell.status, 0, shell.stderr)
  const { value } = JSON.parse(shell.stdout)
  assert.deepEqual(
    value.map(({ name }: { name: string }) => name),
    ['lazuli'],
  )
})

test('every file that a document of the repository links to is there', () => {
  const documents = spawnSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' }).stdout.trim().split('\n')
  const missing = documents.flatMap((document) =>
    [...readFileSync(join(root, document), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
      .map(([, target]) => join(root, document, '..', target ?? ''))
      .filter((target) => spawnSync('test', ['-e', target]).status !== 0)
      .map((target) => `${document} → ${target}`),
  )
  assert.deepEqual(missing, [])
})

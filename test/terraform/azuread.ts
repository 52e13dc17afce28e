/**
 * Terraform's azuread provider, unmodified, under `lazuli run`: makes what a team keeps of its directory (applications
 * with their credentials, service principals, roles, rights, users, groups), plans again without a difference, changes
 * it in place, and destroys all of it. AZUREAD_REPO names a work tree of hashicorp/terraform-provider-azuread, which
 * brings its modules along in `vendor`; nothing of it is part of this repository.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startServer, type TestServer } from '../support/server.ts'
import { buildProvider, inOrder, Terraform } from './terraform.ts'

const FIRST = 'round=1'
const SECOND = 'round=2'

export async function azuread(): Promise<void> {
  const source = process.env.AZUREAD_REPO
  if (!source) {
    console.log('AZUREAD_REPO is not set: azuread is not run')
    return
  }
  if (!existsSync(join(source, 'vendor', 'modules.txt'))) {
    throw new Error(`${source} is no work tree of hashicorp/terraform-provider-azuread`)
  }
  buildProvider({ name: 'azuread', version: versionOf(source), source, target: '.' }, { always: true })
  const server = await startServer()
  const terraform = new Terraform(server, join(import.meta.dirname, 'azuread', 'main.tf'))
  const apply = (round: string) => terraform.run('apply', '-auto-approve', '-parallelism=20', '-var', round)
  // 2 where there is a difference.
  const plan = (round: string) => terraform.run('plan', '-detailed-exitcode', '-var', round)
  const before = await objects(server)
  await inOrder([
    ['init', () => terraform.run('init', '-input=false')],
    ['a certificate', async () => certificate(terraform.folder)],
    ['apply creates everything', () => apply(FIRST)],
    ['its secret opens what its roles say', async () => signsIn(server, JSON.parse(await outputs(terraform)))],
    ['a second plan finds no difference', () => plan(FIRST)],
    [
      'what is changed is changed in place',
      async () => assert.match(await apply(SECOND), / 0 added, 9 changed, 0 dest/),
    ],
    ['no difference then either', () => plan(SECOND)],
    ['destroy removes everything', () => terraform.run('destroy', '-auto-approve', '-parallelism=20', '-var', SECOND)],
    ['nothing is left', async () => assert.deepEqual(await objects(server), before)],
  ])
  await server.stop()
  terraform.remove()
}

/** The newest version that its changelog tells of. */
const versionOf = (source: string): string =>
  /^## (\d+\.\d+\.\d+)/m.exec(readFileSync(join(source, 'CHANGELOG.md'), 'utf8'))?.[1] ?? '0.0.1'

const outputs = async (terraform: Terraform): Promise<string> => terraform.run('output', '-json')

function certificate(folder: string): void {
  const words = 'req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out certificate.pem -days 3650 -subj /CN=tf-job'
  const { status, stderr } = spawnSync('openssl', words.split(' '), { cwd: folder, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
}

const GRAPH = 'https://graph.microsoft.com'

async function signsIn(
  server: TestServer,
  { job, secret }: { job: { value: { client_id: string } }; secret: { value: string } },
): Promise<void> {
  const token = await server.token({ resource: GRAPH, clientId: job.value.client_id, secret: secret.value })
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  assert.deepEqual(claims.roles, ['User.Read.All'])
  const ask = (path: string, method = 'GET') =>
    server.ask(`/v1.0${path}`, { host: 'graph.microsoft.com', token, method })
  assert.equal((await ask('/users')).status, 200)
  assert.equal((await ask('/groups', 'POST')).status, 403, 'it may read users, and make nothing')
}

/** What the directory holds, by kind. */
async function objects(server: TestServer): Promise<readonly (readonly string[])[]> {
  const token = await server.token({ resource: GRAPH })
  const kinds = ['applications', 'servicePrincipals', 'users', 'groups', 'oauth2PermissionGrants']
  return Promise.all(
    kinds.map(async (kind) => {
      const { json } = await server.ask(`/v1.0/${kind}?$top=999`, { host: 'graph.microsoft.com', token })
      return json.value.map(({ id }: { id: string }) => id).toSorted()
    }),
  )
}

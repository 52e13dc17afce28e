import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { type BlobService, openBlobs } from '../../src/blobs/open-blobs.ts'
import { blobService, otherStorageServices } from '../../src/data-planes/storage/storage.ts'
import { dispatcher } from '../../src/gateway/dispatch.ts'
import { clientSecretFile } from '../../src/identity/bootstrap.ts'
import { type Identity, openIdentity } from '../../src/identity/open-identity.ts'
import type { JsonObject } from '../../src/json.ts'
import type { DataKeyRing } from '../../src/store/data-keys.ts'
import { type Sealing, secretContext } from '../../src/store/sealing.ts'
import { openSealing } from '../../src/store/sealing-key.ts'
import { sqlBlobStore } from '../../src/store/sql/blobs.ts'
import { openStore, type SqliteStore } from '../../src/store/sqlite/open-store.ts'

export interface BlobAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly text: string
  /** The code of a refusal, from its header. */
  readonly code: string | undefined
}

export interface BlobAsk {
  readonly body?: Uint8Array | string
  readonly headers?: Readonly<Record<string, string>>
  /** Left out: signed with key1. `none` sends nothing; anything else is the Authorization header. */
  readonly auth?: string
  /** Which account's host, or under the own origin's `/_blob/`. */
  readonly account?: string
  readonly direct?: boolean
  /** Which of the account's services is asked; blob unless said. */
  readonly service?: 'blob' | 'dfs' | 'file' | 'queue' | 'table'
}

export const ACCOUNT = 'lazulitest'

/** The blob service of a real store behind a real listener, with two accounts: for tests and the benchmark. */
export class BlobServer {
  readonly directory: string
  readonly store: SqliteStore
  readonly identity: Identity
  readonly service: BlobService
  readonly sealing: Sealing
  readonly #server: ReturnType<typeof createServer>
  readonly #keep: boolean
  now = (): Date => new Date()

  private constructor(
    parts: Pick<BlobServer, 'directory' | 'store' | 'identity' | 'service' | 'sealing'>,
    server: ReturnType<typeof createServer>,
    keep: boolean,
  ) {
    this.directory = parts.directory
    this.store = parts.store
    this.identity = parts.identity
    this.service = parts.service
    this.sealing = parts.sealing
    this.#server = server
    this.#keep = keep
  }

  /** A directory that is given is kept. */
  static async start({
    directory: kept,
    port = 0,
    ring,
  }: {
    directory?: string
    port?: number
    ring?: DataKeyRing
  } = {}): Promise<BlobServer> {
    const directory = kept ?? mkdtempSync(join(tmpdir(), 'lazuli-blobs-'))
    const now = () => new Date()
    const log = pino({ level: 'silent' })
    const store = await openStore({ directory })
    const sealing = openSealing(directory)
    const identity = await openIdentity({ store, sealing, directory, now })
    const rows = sqlBlobStore(store.database)
    const service = await openBlobs({ directory, rows, store, sealing, now, log, ...(ring && { ring }) })
    const plane = {
      core: service.core,
      accounts: service.accounts,
      authenticator: identity.authenticator,
      access: identity.access,
      now,
      tenantId: identity.install.tenantId,
    }
    const server = createServer(
      { keepAliveTimeout: 60_000 },
      dispatcher({
        surfaces: { blob: blobService(plane), storage: otherStorageServices(plane), login: identity.login },
        isThisServer: () => false,
        isOwn: (host) => host.startsWith('127.0.0.1'),
        ownName: () => '127.0.0.1',
        forward: (_request, response) => response.destroy(),
        log,
      }),
    )
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    const made = new BlobServer({ directory, store, identity, service, sealing }, server, kept !== undefined)
    if (!(await service.accounts.get(ACCOUNT))) {
      await made.putAccount(ACCOUNT)
      await made.putAccount('otheraccount', { allowBlobPublicAccess: true })
    }
    return made
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address ? address.port : 0
  }

  accountId(name: string): string {
    const { subscriptionId } = this.identity.install
    return `/subscriptions/${subscriptionId}/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/${name}`
  }

  /** The account's first key, the same on every run. */
  key(name: string = ACCOUNT, which = 'key1'): string {
    return createHmac('sha512', which).update(name).digest('base64')
  }

  /** Stores an account as its declaration does. */
  async putAccount(
    name: string,
    properties: JsonObject = {},
    keys: readonly string[] = ['key1', 'key2'],
    state: JsonObject = {},
  ): Promise<void> {
    const id = this.accountId(name)
    const time = new Date().toISOString()
    await this.store.write(({ resources }) =>
      resources.put({
        id,
        type: 'Microsoft.Storage/storageAccounts',
        name,
        body: { kind: 'StorageV2', sku: { name: 'Standard_LRS' }, location: 'eastus', properties },
        state,
        secrets: Object.fromEntries(
          ['key1', 'key2'].map((path, at) => [
            path,
            this.sealing.seal(this.key(name, keys[at]), secretContext(id, path)),
          ]),
        ),
        provisioningState: 'Succeeded',
        etag: time,
        system: {
          createdBy: 'test',
          createdByType: 'Application',
          createdAt: time,
          lastModifiedBy: 'test',
          lastModifiedByType: 'Application',
          lastModifiedAt: time,
        },
      }),
    )
  }

  /** A token for storage of the bootstrap application, or of a client that is given. */
  async token(
    client?: { readonly appId: string; readonly secret: string },
    scope = 'https://storage.azure.com/.default',
  ) {
    const { tenantId, clientId } = this.identity.install
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: client?.appId ?? clientId,
      client_secret: client?.secret ?? readFileSync(clientSecretFile(this.directory), 'utf8').trim(),
      scope,
    })
    const answer = await fetch(`http://127.0.0.1:${this.port}/${tenantId}/oauth2/v2.0/token`, {
      method: 'POST',
      body: form,
    })
    const body: { access_token?: string } = JSON.parse(await answer.text())
    if (!body.access_token) throw new Error(`No token: ${JSON.stringify(body)}`)
    return `Bearer ${body.access_token}`
  }

  /** One request over real HTTP, on a connection of its own. */
  async ask(method: string, path: string, ask: BlobAsk = {}): Promise<BlobAnswer> {
    const account = ask.account ?? ACCOUNT
    const body = typeof ask.body === 'string' ? Buffer.from(ask.body) : ask.body
    const headers: Record<string, string> = {
      'x-ms-version': '2023-11-03',
      'x-ms-date': new Date().toUTCString(),
      ...((body || method === 'PUT') && { 'Content-Length': String(body?.length ?? 0) }),
      ...ask.headers,
    }
    if (!ask.direct) headers.Host = `${account}.${ask.service ?? 'blob'}.core.windows.net`
    const full = ask.direct ? `/_${ask.service ?? 'blob'}/${account}${path}` : path
    if (ask.auth === undefined) headers.Authorization = this.sign(account, method, full, headers)
    else if (ask.auth !== 'none') headers.Authorization = ask.auth
    return new Promise((resolve, reject) => {
      const sending = httpRequest(
        { host: '127.0.0.1', port: this.port, method, path: full, headers, agent: false },
        async (response) => {
          const chunks: Buffer[] = []
          try {
            for await (const chunk of response) chunks.push(chunk)
          } catch (error) {
            reject(error)
          }
          const whole = Buffer.concat(chunks)
          const code = response.headers['x-ms-error-code']
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: whole,
            text: whole.toString('utf8'),
            code: typeof code === 'string' ? code : undefined,
          })
        },
      )
      sending.on('error', reject)
      sending.end(body)
    })
  }

  /** The Authorization header of a client that follows the reference by its letter: written apart from the server's. */
  sign(
    account: string,
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    key = this.key(account),
  ): string {
    const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
    const length = lower.get('content-length')
    const plain = ['content-md5', 'content-type', 'date', 'if-modified-since', 'if-match', 'if-none-match']
    const lines = [method, lower.get('content-encoding') ?? '', lower.get('content-language') ?? '']
    lines.push(length === '0' || length === undefined ? '' : length)
    for (const name of [...plain, 'if-unmodified-since', 'range']) lines.push(lower.get(name) ?? '')
    const own = [...lower].filter(([name]) => name.startsWith('x-ms-')).sort(([a], [b]) => (a < b ? -1 : 1))
    const [bare = '', query = ''] = path.split('?')
    const parameters = query === '' ? [] : query.split('&').map((part) => part.split('=').map(decodeURIComponent))
    const resource = [
      `/${account}${bare}`,
      ...parameters.map(([name, value]) => `${name?.toLowerCase()}:${value}`).sort(),
    ]
    const text = [...lines, ...own.map(([name, value]) => `${name}:${value}`), ...resource].join('\n')
    return `SharedKey ${account}:${createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64')}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await this.service.close()
    await this.store.close()
    if (!this.#keep) rmSync(this.directory, { recursive: true })
  }
}

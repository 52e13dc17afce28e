import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Origin, RequestContext } from '../gateway/surface.ts'
import { openSealing } from '../store/sealing-key.ts'
import { openStore } from '../store/sqlite/open-store.ts'
import type { Store } from '../store/store.ts'
import { clientSecretFile } from './bootstrap.ts'
import { type Identity, type OpenIdentity, openIdentity } from './open-identity.ts'

type Answer = { readonly status: number; readonly headers: Headers; readonly body: Record<string, unknown> }

interface Seen {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** A tenant of its own in a temporary folder, behind a real listener: for tests. */
export interface Tenant {
  readonly directory: string
  readonly store: Store
  readonly identity: Identity
  readonly secret: string
  /** Paths without a leading slash stand below the tenant. */
  get(path: string): Promise<Answer>
  /** A page as a browser gets it; a form is posted. */
  page(path: string, form?: Record<string, string>): Promise<Seen>
  /** Without a content type where `headers` has none for it. */
  post(path: string, form: Record<string, string>, headers?: Record<string, string | undefined>): Promise<Answer>
  stop(): Promise<void>
}

const own = 'http://own.test'
const origin: Origin = {
  arm: () => own,
  login: () => own,
  regional: () => own,
  discovery: () => own,
  blob: (account) => `${own}/_blob/${account}`,
  storage: (account, service) => `${own}/_${service}/${account}`,
  vault: (name) => `${own}/_vault/${name}`,
  containerRegistry: (name) => `${own}/_registry/${name}`,
  scoring: (endpoint, region) => `${own}/_score/${region}/${endpoint}`,
  graph: () => own,
  studio: () => own,
}

export async function startTenant(
  now: () => Date = () => new Date(),
  more: Pick<OpenIdentity, 'outside'> = {},
): Promise<Tenant> {
  const directory = mkdtempSync(join(tmpdir(), 'lazuli-tenant-'))
  const store = await openStore({ directory })
  const identity = await openIdentity({
    store,
    sealing: openSealing(directory),
    directory,
    now,
    ownUrl: () => own,
    ...more,
  })
  const server = createServer((request, response) => {
    const context: RequestContext = {
      surface: 'login',
      name: '',
      url: request.url ?? '/',
      host: 'own.test',
      origin,
      requestId: 'r1',
      log: pino({ level: 'silent' }),
    }
    identity.login(request, response, context).catch((error: unknown) => {
      response.writeHead(500).end(String(error))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const send = (path: string, init: RequestInit = {}): Promise<Response> => {
    const full = path.startsWith('/') ? path : `/${identity.install.tenantId}/${path}`
    return fetch(`http://127.0.0.1:${port}${full}`, { redirect: 'manual', ...init })
  }
  const asForm = (form: Record<string, string>, headers: Record<string, string | undefined> = {}): RequestInit => ({
    method: 'POST',
    // Of bytes `fetch` says nothing by itself.
    body: Buffer.from(new URLSearchParams(form).toString()),
    headers: Object.entries({ 'Content-Type': 'application/x-www-form-urlencoded', ...headers }).filter(
      (header): header is [string, string] => header[1] !== undefined,
    ),
  })
  const call = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await send(path, init)
    return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] }
  }
  return {
    directory,
    store,
    identity,
    secret: readFileSync(clientSecretFile(directory), 'utf8').trim(),
    get: (path) => call(path),
    async page(path, form) {
      const response = await send(path, form && asForm(form))
      return { status: response.status, headers: response.headers, text: await response.text() }
    },
    post: (path, form, headers) => call(path, asForm(form, headers)),
    async stop() {
      server.closeAllConnections()
      server.close()
      await store.close()
      rmSync(directory, { recursive: true })
    },
  }
}

import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { type Arm, openArm } from '../../src/arm/server.ts'
import type { Deps } from '../../src/domain/deps.ts'
import { openSimulation } from '../../src/domain/simulation/open-simulation.ts'
import { ownOrigin } from '../../src/gateway/origin.ts'
import type { RequestContext } from '../../src/gateway/surface.ts'
import { clientSecretFile } from '../../src/identity/bootstrap.ts'
import { type Identity, openIdentity } from '../../src/identity/open-identity.ts'
import { openSealing } from '../../src/store/sealing-key.ts'
import { openStore } from '../../src/store/sqlite/open-store.ts'
import type { Store } from '../../src/store/store.ts'

export interface Reply {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely and fail on what is not there
  readonly body: any
}

export interface Sent {
  readonly method?: string
  /** Objects go as JSON, text as it is. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Left out, the bootstrap application's; null for none. */
  readonly token?: string | null
}

/** The resource engine over a real store and real tokens, behind a listener of its own: for tests of the engine. */
export interface ArmEngine {
  readonly arm: Arm
  readonly store: Store
  readonly identity: Identity
  readonly directory: string
  readonly port: number
  readonly subscription: string
  readonly token: string
  tokenFor(options: { clientId?: string; secret?: string; resource?: string }): Promise<string>
  ask(path: string, sent?: Sent): Promise<Reply>
  stop(): Promise<void>
}

export interface StartArmEngine {
  readonly providersDirectory?: string
  readonly factsDirectory?: string
  /** Kept at the end; a temporary one otherwise. */
  readonly directory?: string
  readonly port?: number
  /** The clock of resources and operations; tokens keep the real one. */
  readonly now?: () => Date
}

export async function startArmEngine(options: StartArmEngine = {}): Promise<ArmEngine> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'lazuli-arm-'))
  const store = await openStore({ directory })
  const sealing = openSealing(directory)
  const now = () => new Date()
  const identity = await openIdentity({ store, sealing, directory, now })
  const simulation = await openSimulation({ store, now })
  const log = pino({ level: process.env.LOG ?? 'silent' })
  const deps: Deps = {
    store,
    sealing,
    now: options.now ?? simulation.now,
    log,
    tokens: identity.tokens,
    identities: identity.identities,
    access: identity.access,
    tenantId: identity.install.tenantId,
    settings: { allowSubstitute: false, keepFreeBytes: 0, quotaCores: 100, enforceRateLimit: false, matchCloud: false },
    simulation,
    ...absentParts(),
  }
  const { access, authenticator, install } = identity
  const { providersDirectory, factsDirectory } = options
  const arm = await openArm({
    deps,
    access,
    authenticator,
    origin: ownOrigin('https://localhost:8484'),
    ...(providersDirectory !== undefined && { providersDirectory }),
    ...(factsDirectory !== undefined && { factsDirectory }),
  })
  const server = createServer((request, response) => {
    const host = request.headers.host ?? ''
    const context: RequestContext = {
      surface: 'arm',
      name: '',
      url: request.url ?? '/',
      host,
      origin: ownOrigin(`http://${host}`),
      requestId: crypto.randomUUID(),
      log,
    }
    const surface = /^\/[^/]+\/oauth2\//.test(context.url) ? identity.login : arm.surface
    surface(request, response, context).catch((error: unknown) => response.destroy(error as Error))
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const { subscriptionId } = install
  if (!(await arm.get(`/subscriptions/${subscriptionId}`))) {
    await arm.put(`/subscriptions/${subscriptionId}`, { displayName: 'Test' })
  }
  await arm.start()

  const tokenFor: ArmEngine['tokenFor'] = async (asked) => {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: asked.clientId ?? install.clientId,
      client_secret: asked.secret ?? readFileSync(clientSecretFile(directory), 'utf8').trim(),
      resource: asked.resource ?? 'https://management.azure.com/',
    })
    const response = await fetch(`http://127.0.0.1:${port}/${install.tenantId}/oauth2/token`, {
      method: 'POST',
      body: form,
    })
    const answer = (await response.json()) as { access_token?: string }
    if (!answer.access_token) throw new Error(`No token: ${JSON.stringify(answer)}`)
    return answer.access_token
  }
  const token = await tokenFor({})
  return {
    arm,
    store,
    identity,
    directory,
    port,
    token,
    tokenFor,
    subscription: `/subscriptions/${subscriptionId}`,
    ask: (path, sent) => askAt(path.startsWith('http') ? path : `http://127.0.0.1:${port}${path}`, token, sent),
    async stop() {
      await arm.stop()
      server.closeAllConnections()
      server.close()
      await store.close()
      if (options.directory === undefined) rmSync(directory, { recursive: true })
    },
  }
}

export async function askAt(url: string, ownToken: string, sent: Sent = {}): Promise<Reply> {
  const token = sent.token === undefined ? ownToken : sent.token
  const response = await fetch(url, {
    method: sent.method ?? 'GET',
    headers: { ...(token !== null && { authorization: `Bearer ${token}` }), ...sent.headers },
    ...(sent.body !== undefined && { body: typeof sent.body === 'string' ? sent.body : JSON.stringify(sent.body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
}

/**
 * Parts that the engine hands on and never calls itself: whoever needs one of them here has left the engine. Nothing here
 * is sealed with a customer's key, so that there is none to let go of.
 */
function absentParts(): Pick<Deps, 'customerKeys' | 'blobs' | 'engines' | 'runSignals' | 'serving' | 'address'> {
  const absent = (part: string) =>
    new Proxy({} as never, {
      get: () => {
        throw new Error(`This test runs without ${part}`)
      },
    })
  return {
    customerKeys: {
      ...Object.fromEntries(
        ['prepare', 'confirm', 'start', 'stop'].map((name) => [
          name,
          () => Promise.reject(new Error(`This test runs without customer-managed keys (${name})`)),
        ]),
      ),
      release: async () => undefined,
      forget: async () => undefined,
    } as unknown as Deps['customerKeys'],
    blobs: absent('blobs'),
    engines: absent('engines'),
    serving: absent('serving'),
    address: () => absent('an address'),
    runSignals: absent('run signals'),
  }
}

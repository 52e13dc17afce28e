import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { clientEnvironment } from '../../src/cli/kit/client-environment.ts'
import { runningServer, type ServerFacts } from '../../src/cli/kit/server-facts.ts'

export const root = join(import.meta.dirname, '..', '..')
export const lazuli = join(root, 'bin', 'lazuli')

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The body as JSON; fails where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely and fail on what is not there
  readonly json: any
}

export interface Ask {
  readonly method?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** The Host header: one of Azure's, or left out for the own origin. */
  readonly host?: string
  /** A token; left out, the bootstrap application's; null for none. */
  readonly token?: string | null
}

export interface StartOptions {
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** A data directory, which is kept at the end. */
  readonly data?: string
  /** How long a start may take on the machine as busy as it is. */
  readonly readyWithinMs?: number
}

/** A real server in a process of its own, on a data directory of its own. */
export class TestServer {
  readonly data: string
  readonly #env: Readonly<Record<string, string>>
  readonly #keep: boolean
  readonly #readyWithinMs: number
  #child: ChildProcess | undefined
  #output = ''
  facts!: ServerFacts

  private constructor({ data, env = {}, readyWithinMs = 60_000 }: StartOptions) {
    this.data = data ?? mkdtempSync(join(tmpdir(), 'lazuli-test-'))
    this.#env = env
    this.#keep = data !== undefined
    this.#readyWithinMs = readyWithinMs
  }

  /** Starts `bin/lazuli up --port 0` and waits until it is ready. */
  static async start(options: StartOptions = {}): Promise<TestServer> {
    const server = new TestServer(options)
    await server.restart()
    return server
  }

  get pid(): number {
    return this.facts.pid
  }
  /** `http://127.0.0.1:PORT`, for direct requests and as the proxy. */
  get url(): string {
    return this.facts.httpUrl
  }

  /** The variables that point clients at this server, over those of this process. */
  get env(): Readonly<Record<string, string | undefined>> {
    return { ...process.env, ...clientEnvironment(this.facts, process.env) }
  }

  /** Starts the server again, on the same data and port; the old process must have gone. */
  async restart(): Promise<void> {
    this.#output = ''
    const child = spawn(lazuli, ['up', '--port', '0', '--data', this.data], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, HTTPS_PROXY: '', https_proxy: '', LAZULI_SAVED: '', ...this.#env },
    })
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (this.#output += chunk))
    const until = Date.now() + this.#readyWithinMs
    while (true) {
      const facts = await runningServer(this.data)
      if (facts && facts.pid === child.pid) {
        this.facts = facts
        return
      }
      if (child.exitCode !== null || child.signalCode !== null || Date.now() > until) {
        throw new Error(`The server did not start (${child.exitCode ?? child.signalCode}):\n${this.#output}`)
      }
      await wait(10)
    }
  }

  /** SIGKILL, at once; resolves when the process has gone. */
  async kill9(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** A clean stop; then removes the data directory, unless the test brought its own. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM')
    if (!this.#keep) rmSync(this.data, { recursive: true, force: true })
  }

  /** A clean stop that keeps the data, for a `restart`. */
  async stopOnly(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await gone
  }

  /** What the server printed. */
  get output(): string {
    return this.#output
  }

  readonly #tokens = new Map<string, { readonly text: string; readonly until: number }>()

  /** A token of the bootstrap application, or of another; kept while it is fresh. */
  async token(
    options: { readonly resource?: string; readonly clientId?: string; readonly secret?: string } = {},
  ): Promise<string> {
    const resource = options.resource ?? 'https://management.azure.com/'
    const clientId = options.clientId ?? this.facts.clientId
    const key = `${clientId} ${resource} ${this.pid}`
    const kept = this.#tokens.get(key)
    if (kept && kept.until > Date.now()) return kept.text
    const secret = options.secret ?? readFileSync(join(this.data, 'client-secret'), 'utf8').trim()
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: secret,
      resource,
    })
    const answer = await this.ask(`/${this.facts.tenantId}/oauth2/token`, {
      method: 'POST',
      token: null,
      body: form.toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    if (answer.status !== 200) throw new Error(`No token: ${answer.status} ${answer.text}`)
    const text: string = answer.json.access_token
    this.#tokens.set(key, { text, until: Date.now() + 600_000 })
    return text
  }

  /** Asks the server, straight over plain HTTP: `ask('/subscriptions?api-version=…')`. Objects go as JSON. */
  async ask(path: string, options: Ask = {}): Promise<Answer> {
    const token = options.token === undefined ? await this.token() : options.token
    const isText = typeof options.body === 'string' || options.body instanceof Uint8Array
    const body =
      options.body === undefined || isText ? (options.body as string | undefined) : JSON.stringify(options.body)
    return new Promise((resolve, reject) => {
      const asking = httpRequest(
        {
          host: '127.0.0.1',
          port: this.facts.port,
          path,
          method: options.method ?? 'GET',
          agent: false,
          headers: {
            ...(options.host && { host: options.host }),
            ...(token && { authorization: `Bearer ${token}` }),
            ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
            ...(body !== undefined && !isText && { 'content-type': 'application/json' }),
            ...options.headers,
          },
        },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.once('error', reject)
          response.once('end', () => {
            const text = Buffer.concat(chunks).toString('utf8')
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text,
              get json() {
                return JSON.parse(text)
              },
            })
          })
        },
      )
      asking.once('error', reject)
      asking.end(body)
    })
  }
}

export const startServer = TestServer.start

/** Waits until `look` answers something, and answers that; fails after `withinMs`. */
export async function until<Seen>(
  what: string,
  look: () => Promise<Seen | undefined | false>,
  withinMs = 30_000,
): Promise<Seen> {
  const end = Date.now() + withinMs
  while (true) {
    const seen = await look()
    if (seen !== undefined && seen !== false) return seen
    if (Date.now() > end) throw new Error(`Waited ${withinMs / 1000} s for: ${what}`)
    await wait(25)
  }
}

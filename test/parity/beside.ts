import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { DeploymentSpec, ServingEngine } from '../../src/serving/engine.ts'
import { answer, eventually } from '../../src/serving/local/test-serving.ts'
import { freePort } from '../support/free-port.ts'

/** What a server is asked; left out, a POST to `/score` without headers and body. */
export interface Ask {
  readonly why: string
  readonly method?: string
  readonly target?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** The Python of a deployment's environment, as its log has it. */
export async function pythonOf(engine: ServingEngine, spec: Pick<DeploymentSpec, 'id'>): Promise<string> {
  const log = await engine.logs(spec.id, 'storage-initializer', 1000)
  const directory = /The environment is (\S+)/.exec(log)?.[1]
  if (!directory) throw new Error(`no environment is named in:\n${log}`)
  return join(directory, 'bin', 'python')
}

export async function askOurs(
  engine: ServingEngine,
  spec: Pick<DeploymentSpec, 'id'>,
  { method = 'POST', target = '/score', headers = {}, body = '' }: Ask,
): Promise<Answer> {
  const rawHeaders = Object.entries(headers).flat()
  const { status, headers: answered, text } = await answer(engine, spec, body, { method, target, rawHeaders })
  return { status, headers: answered, text }
}

/** Another server, started beside ours on a port of its own; it is up when its page at `health` is there. */
export async function startBeside(
  command: (port: number) => readonly string[],
  options: { readonly cwd: string; readonly variables?: Readonly<Record<string, string>>; readonly health: string },
) {
  const port = await freePort()
  const [program = '', ...args] = command(port)
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { PATH: process.env.PATH, HOME: options.cwd, ...options.variables },
    stdio: 'ignore',
  })
  const health = { why: 'health', method: 'GET', target: options.health }
  try {
    await eventually(async () => (await send(port, health).catch(() => undefined)) && true, 180_000)
  } catch (error) {
    await ended(child)
    throw error
  }
  return { port, ask: (ask: Ask) => send(port, ask), stop: () => ended(child) }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  await exit
}

async function send(port: number, { method = 'POST', target = '/score', headers, body = '' }: Ask): Promise<Answer> {
  const sent = request({
    port,
    host: '127.0.0.1',
    agent: false,
    method,
    path: target,
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
  })
  sent.end(body)
  const [response]: IncomingMessage[] = await once(sent, 'response')
  if (!response) throw new Error('no answer')
  const all = Object.entries(response.headers)
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(
      all.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : `${value}`]),
    ),
    text: (await buffer(response)).toString('utf8'),
  }
}

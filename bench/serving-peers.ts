import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pythonEnvironments } from '../src/environments/environments.ts'
import { userPackageIndex } from '../src/environments/package-index.ts'
import { freePort } from '../test/support/free-port.ts'
import { load, type Measured, request } from './load.ts'

const here = import.meta.dirname
const sklearn = 'scikit-learn==1.7.2'

/** A server that runs the same script, or the same model, beside ours. */
export interface Peer {
  /** How its row is asked for. */
  readonly key: string
  readonly name: string
  /** A model in MLflow's format. */
  readonly needs?: 'mlflow'
  readonly packages: readonly string[]
  /** Its command after the Python of its environment. */
  readonly command: (port: number, model: string) => readonly string[]
  readonly health: string
  readonly path: string
  readonly body: string
  /** How much faster ours should be. */
  readonly goal: number
}

const rows = JSON.stringify({ data: [[5.1, 3.5, 1.4, 0.2]] })
export const scoreBody = rows

export const peers: readonly Peer[] = [
  {
    key: 'microsoft',
    name: 'azureml-inference-server-http, one worker',
    packages: [sklearn, 'azureml-inference-server-http==1.5.1'],
    command: (port) => ['-m', 'azureml_inference_server_http', '--entry_script', 'score.py', '--port', String(port)],
    health: '/',
    path: '/score',
    body: rows,
    goal: 5,
  },
  {
    key: 'mlserver',
    name: 'MLServer, one worker',
    packages: [sklearn, 'mlserver==1.7.1'],
    command: () => ['-c', 'from mlserver.cli import main; main()', 'start', '.'],
    health: '/v2/health/ready',
    path: '/v2/models/iris/infer',
    body: JSON.stringify({ inputs: [{ name: 'x', shape: [1, 4], datatype: 'FP64', data: [5.1, 3.5, 1.4, 0.2] }] }),
    goal: 4,
  },
  {
    key: 'fastapi',
    name: 'FastAPI and uvicorn by hand',
    packages: [sklearn, 'fastapi==0.121.3', 'uvicorn[standard]==0.38.0'],
    command: (port) => ['-m', 'uvicorn', 'fastapi_app:app', '--port', String(port), '--log-level', 'warning'],
    health: '/',
    path: '/score',
    body: rows,
    goal: 1.8,
  },
  {
    key: 'mlflow',
    name: 'mlflow models serve, one worker',
    needs: 'mlflow',
    packages: [sklearn, 'mlflow==2.22.5', 'pandas==2.3.3', 'fastapi==0.115.12'],
    command: (port, model) => [
      '-m',
      'mlflow',
      'models',
      'serve',
      '-m',
      `${model}/mlflow`,
      '--env-manager',
      'local',
      '--workers',
      '1',
      '-p',
      String(port),
    ],
    health: '/ping',
    path: '/invocations',
    body: JSON.stringify({ inputs: [[5.1, 3.5, 1.4, 0.2]] }),
    goal: 1,
  },
]

/** A Python with packages, built once below `.cache`; what has none there is built by uv as for jobs. */
export async function pythonWith(packages: readonly string[]): Promise<string> {
  const folder = join(here, '..', '.cache', 'bench-environments')
  mkdirSync(folder, { recursive: true })
  const environments = pythonEnvironments({
    directory: folder,
    tools: join(folder, 'tools'),
    allowSubstitute: true,
    index: userPackageIndex(process.env),
    confine: ({ command }) => command,
  })
  const condaFile = JSON.stringify({ name: 'bench', dependencies: ['python=3.11', 'pip', { pip: packages }] })
  const built = await environments.ensure({ id: 'bench', condaFile, variables: {} }, () => undefined)
  await environments.stop()
  return join(built.directory, 'bin', 'python')
}

/** Starts a peer, measures it and ends it. */
export async function measurePeer(
  peer: Peer,
  { model, seconds }: { model: string; seconds: number },
): Promise<Measured> {
  const python = await pythonWith(peer.packages)
  const port = await freePort()
  const folder = join(model, peer.name.replace(/\W+/g, '-'))
  cpSync(join(here, 'peers'), folder, { recursive: true })
  writeFileSync(
    join(folder, 'settings.json'),
    JSON.stringify({
      http_port: port,
      grpc_port: await freePort(),
      metrics_port: await freePort(),
      parallel_workers: 0,
      host: '127.0.0.1',
    }),
  )
  writeFileSync(
    join(folder, 'model-settings.json'),
    JSON.stringify({ name: 'iris', implementation: 'mlserver_runtime.Script' }),
  )
  const child = spawn(python, peer.command(port, model), {
    cwd: folder,
    stdio: 'ignore',
    detached: true,
    env: {
      PATH: `${join(python, '..')}:${process.env.PATH}`,
      HOME: folder,
      AZUREML_MODEL_DIR: model,
      PYTHONPATH: folder,
    },
  })
  try {
    await up(port, peer.health)
    return await measure(port, peer.path, { body: peer.body, seconds })
  } finally {
    await end(child)
  }
}

export const measure = (
  port: number,
  path: string,
  options: { readonly body: string; readonly seconds: number; readonly clients?: number; readonly key?: string },
): Promise<Measured> =>
  load({
    port,
    clients: options.clients ?? 16,
    seconds: options.seconds,
    request: request('POST', path, {
      headers: { 'content-type': 'application/json', ...(options.key && { authorization: `Bearer ${options.key}` }) },
      body: options.body,
    }),
  })

async function up(port: number, path: string): Promise<void> {
  const limit = Date.now() + 180_000
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined)
    if (answer?.ok) return
    if (Date.now() > limit) throw new Error(`nothing came up on port ${port}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** With what it has started: it leads a process group. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return
  const exit = once(child, 'exit')
  process.kill(-child.pid, 'SIGKILL')
  await exit
}

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '../test/support/free-port.ts'

/** Starts `mlflow server` on an SQLite file that `seed` has filled, hands over its port, and ends it. */
export async function besideMlflow<Result>(
  python: string,
  seed: (path: string) => void,
  measure: (port: number) => Promise<Result>,
): Promise<Result> {
  const home = mkdtempSync(join(tmpdir(), 'mlflow-bench-'))
  const port = await freePort()
  const path = join(home, 'mlflow.db')
  const start = async () => {
    const child = spawn(
      python,
      [
        '-m',
        'mlflow',
        'server',
        '--backend-store-uri',
        `sqlite:///${path}`,
        '--artifacts-destination',
        home,
        '--port',
        String(port),
      ],
      {
        stdio: 'ignore',
        cwd: home,
        detached: true,
        env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true', HTTPS_PROXY: '', https_proxy: '' },
      },
    )
    for (const until = Date.now() + 120_000; Date.now() < until; await wait(300)) {
      const up = await fetch(`http://127.0.0.1:${port}/health`).then(
        ({ ok }) => ok,
        () => false,
      )
      if (up) return child
    }
    throw new Error('mlflow server does not start')
  }
  const end = async (child: ReturnType<typeof spawn>) => {
    // The whole group: its workers are processes of their own.
    process.kill(-(child.pid ?? 0), 'SIGTERM')
    while (
      await fetch(`http://127.0.0.1:${port}/health`).then(
        () => true,
        () => false,
      )
    )
      await wait(100)
  }
  try {
    const first = await start()
    await end(first)
    seed(path)
    const child = await start()
    try {
      return await measure(port)
    } finally {
      await end(child)
    }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

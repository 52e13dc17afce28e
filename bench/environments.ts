import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { userPackageIndex } from '../src/environments/package-index.ts'
import { uvVersion } from '../src/environments/uv.ts'
import { TestServer, until } from '../test/support/server.ts'
import type { Row } from './table.ts'

const VERSION = 'api-version=2023-10-01'
const REQUIREMENTS = ['scikit-learn==1.5.2', 'pandas==2.2.3']
/** What every environment here has besides, as conda's have. */
const SEEDS = ['pip', 'setuptools<81', 'wheel']
const COLD_SECONDS = 2
const WARM_MS = 150

/** A scikit-learn environment from nothing beside what uv alone takes, and a job in it once it stands beside a bare process. */
export async function environments(): Promise<readonly Row[]> {
  const data = mkdtempSync(join(tmpdir(), 'lazuli-bench-environments-'))
  const server = await TestServer.start({ data, env: { LAZULI_ALLOW_SUBSTITUTE: '1' } })
  try {
    const workspace = `/subscriptions/${server.facts.subscriptionId}/resourceGroups/lazuli/providers/Microsoft.MachineLearningServices/workspaces/default`
    const put = async (path: string, properties: object) => {
      const answer = await server.ask(`${path}?${VERSION}`, { method: 'PUT', body: { properties } })
      if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.text}`)
    }
    const environment = (name: string, pip: readonly string[]) =>
      put(`${workspace}/environments/${name}/versions/1`, {
        image: 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04',
        condaFile: JSON.stringify({ name, dependencies: ['python', { pip }] }),
      })
    /** Seconds from the PUT of a job that imports what is asked to its end. */
    const run = async (name: string, of: string, module: string) => {
      const began = performance.now()
      const path = `${workspace}/jobs/${name}`
      await put(path, {
        jobType: 'Command',
        command: `python -c "import ${module}"`,
        environmentId: `${workspace}/environments/${of}/versions/1`,
        computeId: `${workspace}/computes/cpu-cluster`,
      })
      await until(
        `${name} is over`,
        async () => {
          const { status } = (await server.ask(`${path}?${VERSION}`)).json.properties
          if (status === 'Failed') throw new Error(`${name} failed`)
          return status === 'Completed'
        },
        600_000,
      )
      return (performance.now() - began) / 1000
    }
    // uv itself is there, and a node is up, before anything is measured.
    await environment('tools', ['six'])
    await run('tools', 'tools', 'six')
    const uv = join(data, 'tools', `uv-${uvVersion}`, 'bin', 'uv')
    if (!existsSync(uv)) throw new Error('environments are not built with uv here')
    const alone = uvAlone(uv)
    await environment('learn', REQUIREMENTS)
    const cold = (await run('cold', 'learn', 'sys')) - barely('import sys')
    const warm: number[] = []
    for (let at = 0; at < 7; at++) warm.push(await run(`warm-${at}`, 'learn', 'sys'))
    const median = 1000 * (warm.sort((a, b) => a - b)[3] ?? Number.NaN)
    const bare = 1000 * barely('import sys')
    return [
      {
        what: 'environment with scikit-learn, cold: a job of it from PUT to end',
        ours: `${cold.toFixed(1)} s`,
        goal: `uv alone ${alone.toFixed(1)} s + ${COLD_SECONDS} s`,
        ratio: `${cold < alone ? '' : '+'}${(cold - alone).toFixed(1)} s`,
        met: cold - alone <= COLD_SECONDS,
      },
      {
        what: 'the same, warm: PUT to end (median of 7)',
        ours: `${median.toFixed(0)} ms`,
        goal: `bare python ${bare.toFixed(0)} ms + ${WARM_MS} ms`,
        ratio: `+${(median - bare).toFixed(0)} ms`,
        met: median - bare <= WARM_MS,
      },
    ]
  } finally {
    await server.stop()
    rmSync(data, { recursive: true, force: true })
  }
}

/** Seconds that uv takes for the same packages from the same index, with nothing in its cache. */
function uvAlone(uv: string): number {
  const folder = mkdtempSync(join(tmpdir(), 'lazuli-bench-uv-'))
  try {
    const file = join(folder, 'requirements.txt')
    writeFileSync(file, [...REQUIREMENTS, ...SEEDS].join('\n'))
    const { uv: variables, network } = userPackageIndex(process.env)
    const env = {
      ...process.env,
      ...network,
      ...variables,
      UV_CACHE_DIR: join(folder, 'cache'),
      UV_INDEX_STRATEGY: 'unsafe-best-match',
    }
    const began = performance.now()
    for (const words of [
      ['venv', '--python', 'python3', join(folder, 'venv')],
      ['pip', 'install', '--python', join(folder, 'venv', 'bin', 'python'), '-r', file],
    ]) {
      const { status, stderr } = spawnSync(uv, words, { env, encoding: 'utf8' })
      if (status !== 0) throw new Error(`uv ${words[0]}: ${stderr}`)
    }
    return (performance.now() - began) / 1000
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Seconds of a bare Python, the median of seven. */
function barely(program: string): number {
  const { stdout } = spawnSync('python3', ['-c', 'import sys; print(sys.executable, end="")'], { encoding: 'utf8' })
  const times = Array.from({ length: 7 }, () => {
    const began = performance.now()
    spawnSync(stdout, ['-c', program])
    return performance.now() - began
  })
  return (times.sort((a, b) => a - b)[3] ?? Number.NaN) / 1000
}

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { BayesianSampler } from '../domain/sweeps/bayesian.ts'
import type { Sample } from '../domain/sweeps/search-space.ts'
import { fault } from '../faults.ts'
import { EnvironmentBuildFailed, type Environments } from './environments.ts'

const script = fileURLToPath(new URL('../../python/suggest.py', import.meta.url))
/** Pinned: the same history and seed are to give the same samples tomorrow. */
const OPTUNA = 'optuna==4.5.0'
const LONGEST_MS = 120_000

/** Bayesian sampling by Optuna, in an environment of its own that is built with the first sweep that asks. */
export const optunaSampler =
  (environments: Environments): BayesianSampler =>
  async (request) => {
    const unavailable = (reason: string) => fault('SamplerUnavailable', { reason })
    const environment = await environments
      .ensure(
        {
          id: 'lazuli/optuna',
          condaFile: JSON.stringify({ name: 'optuna', dependencies: ['python', { pip: [OPTUNA] }] }),
          variables: {},
        },
        () => undefined,
      )
      .catch((error) => {
        if (error instanceof EnvironmentBuildFailed) throw unavailable(error.message)
        throw error
      })
    return new Promise<readonly Sample[]>((resolve, reject) => {
      const child = execFile(
        environment.interpreter.executable,
        [script],
        {
          env: { PYTHONPATH: environment.sitePackages, PYTHONDONTWRITEBYTECODE: '1' },
          timeout: LONGEST_MS,
          maxBuffer: 16 * 1024 ** 2,
        },
        (error, stdout, stderr) => {
          if (error) return reject(unavailable(stderr.trim().split('\n').at(-1) || error.message))
          resolve(JSON.parse(stdout))
        },
      )
      child.stdin?.end(JSON.stringify(request))
    })
  }

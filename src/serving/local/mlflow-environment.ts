import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { EnvironmentSpec } from '../../compute/engine.ts'
import { NotPrepared } from './not-prepared.ts'

/**
 * The environment that an MLflow model names itself: `conda.yaml`, else `python_env.yaml` with its requirements, else
 * `requirements.txt`.
 *
 * @throws NotPrepared
 */
export async function mlflowEnvironment(model: string, id: string): Promise<EnvironmentSpec> {
  if ((await textIn(model, 'MLmodel')) === undefined)
    throw new NotPrepared('Model', 'The model has no file MLmodel: it is no MLflow model.')
  const conda = await textIn(model, 'conda.yaml')
  if (conda !== undefined) return { id, condaFile: conda, variables: {} }
  const requirements = await textIn(model, 'requirements.txt')
  if (requirements === undefined)
    throw new NotPrepared(
      'Environment',
      'The model names no environment (no conda.yaml, no requirements.txt): give the deployment one.',
    )
  const python = pythonOf(await textIn(model, 'python_env.yaml'))
  const pip = requirements
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '')
  const dependencies = [python === undefined ? 'python' : `python=${python}`, 'pip', { pip }]
  return { id, condaFile: JSON.stringify({ name: 'mlflow', dependencies }), variables: {} }
}

function pythonOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const value: unknown = parse(text)
  const python = typeof value === 'object' && value !== null && 'python' in value ? value.python : undefined
  return python === undefined || python === null ? undefined : String(python)
}

const textIn = (folder: string, name: string): Promise<string | undefined> =>
  readFile(join(folder, name), 'utf8').catch(() => undefined)

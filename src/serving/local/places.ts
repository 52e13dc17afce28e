import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { DeploymentSpec } from '../engine.ts'

/** A deployment's folder: everything by which a restarted server finds it again. */
export interface DeploymentFolder {
  readonly root: string
  /** What was applied last; it holds secrets and is the server's user's alone. */
  readonly spec: string
  /** Which version answers. */
  readonly serving: string
  readonly versions: string
}

export function deploymentFolder(directory: string, id: string): DeploymentFolder {
  return folderAt(join(directory, createHash('sha256').update(id).digest('hex').slice(0, 32)))
}

export const folderAt = (root: string): DeploymentFolder => ({
  root,
  spec: join(root, 'spec.json'),
  serving: join(root, 'serving.json'),
  versions: join(root, 'versions'),
})

/** A version's folder: what its processes share, and a folder for each of them. */
export interface VersionFolder {
  readonly root: string
  readonly spec: string
  readonly app: string
  readonly models: string
  readonly layer: string
  /** Written last: what a process is started with. */
  readonly prepared: string
  readonly log: string
}

export const versionFolder = (root: string): VersionFolder => ({
  root,
  spec: join(root, 'spec.json'),
  app: join(root, 'app'),
  models: join(root, 'models'),
  layer: join(root, 'env'),
  prepared: join(root, 'prepared.json'),
  log: join(root, 'storage-initializer.log'),
})

/** A process's folder: the runner's part, which it never sees, and its own. */
export interface ProcessFolder {
  readonly root: string
  readonly run: string
  readonly own: string
  readonly temporary: string
}

export const processFolder = (version: string, index: number): ProcessFolder => {
  const root = join(version, `p${index}`)
  return { root, run: join(root, 'run'), own: join(root, 'own'), temporary: join(root, 'tmp') }
}

/** Where parts of a deployment lie for its processes; as on Azure, but for what Azure has nowhere. */
export const inside = {
  app: '/var/azureml-app',
  models: '/var/azureml-app/azureml-models',
  layer: '/mnt/azureml/serving/env',
  own: '/mnt/azureml/serving/own',
} as const

/** What makes a version: a change of anything here needs new processes. */
export function versionKey(spec: DeploymentSpec): string {
  const { id, flavour, model, environment, variables, vmSize, collector } = spec
  const text = JSON.stringify({ id, flavour, model, environment, variables, vmSize, collector })
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** How many processes an instance has, as Microsoft's server reads it. */
export function processesPerInstance(spec: DeploymentSpec): number {
  const asked = spec.variables.WORKER_COUNT ?? spec.environment?.variables.WORKER_COUNT
  return asked && /^\d{1,2}$/.test(asked) ? Math.max(1, Number(asked)) : 1
}

import { appendFile, mkdir, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Blobs } from '../../blobs/blobs.ts'
import type { BlobLocation, EnvironmentSpec } from '../../compute/engine.ts'
import { type BuiltEnvironment, EnvironmentBuildFailed, type Environments } from '../../environments/environments.ts'
import { layEnvironment } from '../../environments/layer.ts'
import { isFault } from '../../faults.ts'
import { jsonOf, removeFolder, writeWhole } from '../../host/files.ts'
import type { Sandbox } from '../../host/sandbox.ts'
import type { DeploymentSpec } from '../engine.ts'
import { mlflowEnvironment } from './mlflow-environment.ts'
import { NotPrepared } from './not-prepared.ts'
import { onnxEnvironment } from './onnx-environment.ts'
import { inside, type VersionFolder } from './places.ts'

export interface PrepareDeps {
  readonly blobs: Blobs
  readonly environments: Environments
  readonly sandbox: Sandbox
  /** Files outside the deployment's folder that it may read: the certificate bundle. */
  readonly readable: readonly string[]
  /** Variables that every process gets: the user's package index. */
  readonly variables: Readonly<Record<string, string>>
  readonly now: () => Date
}

/** prepared.json: what every process of a version is started with. */
export interface Prepared {
  readonly interpreter: string
  readonly sitePackages: string
  readonly readable: readonly string[]
  readonly path: readonly string[]
  readonly variables: Readonly<Record<string, string>>
  /** What a Dockerfile sets, and the files that it copies; the deployment's own variables win. */
  readonly image?: Pick<BuiltEnvironment, 'variables' | 'shown'>
  readonly cwd: string
  readonly warnings: readonly string[]
}

/**
 * Puts a version's model, code and environment in place, once: what was prepared stays prepared over restarts.
 *
 * @throws NotPrepared
 */
export async function prepareVersion(
  deps: PrepareDeps,
  spec: DeploymentSpec,
  folder: VersionFolder,
): Promise<Prepared> {
  const known = (await jsonOf(folder.prepared)) as Prepared | undefined
  if (known && (await isThere(known.interpreter)) && (await isThere(known.sitePackages))) return known
  await Promise.all([folder.app, folder.models, folder.layer, folder.prepared].map(removeFolder))
  await mkdir(folder.models, { recursive: true, mode: 0o755 })
  await mkdir(folder.app, { recursive: true, mode: 0o755 })
  const tell = (text: string) => appendFile(folder.log, text.endsWith('\n') ? text : `${text}\n`, { mode: 0o600 })
  const note = (text: string) => tell(`${deps.now().toISOString()} ${text}`)
  try {
    const modelPath = await placeModel(deps, spec, folder, note)
    const app = await placeCode(deps, spec, folder, note)
    const environment = await buildEnvironment(deps, await environmentOf(spec, folder, modelPath), tell)
    for (const line of environment.notes) await note(`environment: ${line}`)
    await note(`The environment is ${environment.directory}`)
    const confined = deps.sandbox.kind !== 'none'
    const layer = confined ? inside.layer : folder.layer
    const { path } = await layEnvironment(environment, folder.layer, layer)
    const prepared: Prepared = {
      interpreter: environment.interpreter.executable,
      sitePackages: environment.sitePackages,
      readable: environment.readable,
      image: { variables: environment.variables, shown: environment.shown },
      path,
      cwd: confined ? join(inside.app, app) : join(folder.app, app),
      warnings: environment.notes.filter((line) => line.startsWith('SUBSTITUTED')),
      variables: {
        VIRTUAL_ENV: layer,
        AML_APP_ROOT: confined ? join(inside.app, app) : join(folder.app, app),
        ...(spec.flavour.kind === 'script' && { AZUREML_ENTRY_SCRIPT: spec.flavour.entryScript }),
        ...(modelPath && {
          AZUREML_MODEL_DIR: join(confined ? inside.models : folder.models, modelPath.folder),
          ...(spec.flavour.kind !== 'script' && { LAZULI_MODEL: modelPath.name }),
        }),
      },
    }
    await writeWhole(folder.prepared, JSON.stringify(prepared))
    await note('Everything is in place.')
    return prepared
  } catch (error) {
    if (error instanceof NotPrepared) await note(`ERROR ${error.message}`)
    throw error
  }
}

/** Names come from strangers and become parts of paths. */
function partOf(what: string, name: string): string {
  if (name === '' || name.length > 255 || /[/\0]/.test(name) || name.startsWith('..') || name === '.')
    throw new NotPrepared('Model', `'${name}' can't be a ${what}.`)
  return name
}

type Tell = (text: string) => Promise<void>

async function placeModel(
  { blobs }: PrepareDeps,
  { model }: DeploymentSpec,
  folder: VersionFolder,
  note: Tell,
): Promise<{ readonly folder: string; readonly name: string } | undefined> {
  if (!model) return undefined
  const version = join(partOf('model’s name', model.name), partOf('model’s version', model.version))
  const name = partOf('model’s path', model.mountPath ?? (basename(model.location.path) || model.name))
  await mkdir(join(folder.models, version), { recursive: true })
  await note(`Downloading model ${model.name}:${model.version} to ${inside.models}/${version}/${name}`)
  await materialise(blobs, model.location, {
    target: join(folder.models, version, name),
    reason: 'Model',
    missing: `The model ${model.name}:${model.version} is not stored where it is registered.`,
  })
  return { folder: version, name }
}

async function placeCode(
  { blobs }: PrepareDeps,
  { flavour }: DeploymentSpec,
  folder: VersionFolder,
  note: Tell,
): Promise<string> {
  if (flavour.kind !== 'script') {
    await mkdir(join(folder.app, 'empty'))
    return 'empty'
  }
  if (flavour.entryScript.startsWith('/') || flavour.entryScript.split('/').includes('..'))
    throw new NotPrepared('EntryScript', `The entry script '${flavour.entryScript}' is not a path within the code.`)
  const name = /^[\w][\w.-]{0,100}$/.exec(basename(flavour.code.path))?.[0] ?? 'code'
  await note(`Downloading code to ${inside.app}/${name}`)
  await materialise(blobs, flavour.code, {
    target: join(folder.app, name),
    reason: 'Code',
    missing: 'The code of the deployment is not stored.',
  })
  if (!(await isThere(join(folder.app, name, flavour.entryScript)))) {
    const there = (await readdir(join(folder.app, name)).catch(() => [])).slice(0, 20).join(', ')
    throw new NotPrepared(
      'EntryScript',
      `The entry script '${flavour.entryScript}' is not among the deployment's code, which has: ${there || 'nothing'}.`,
    )
  }
  return name
}

async function materialise(
  blobs: Blobs,
  location: BlobLocation,
  to: { readonly target: string; readonly reason: 'Model' | 'Code'; readonly missing: string },
): Promise<void> {
  try {
    await blobs.materialise(location, to.target)
  } catch (cause) {
    if (isFault(cause) && /^(Blob|Container)NotFound$/.test(cause.key))
      throw new NotPrepared(to.reason, to.missing, cause)
    throw cause
  }
}

async function environmentOf(
  spec: DeploymentSpec,
  folder: VersionFolder,
  model: { readonly folder: string; readonly name: string } | undefined,
): Promise<EnvironmentSpec> {
  if (spec.environment) return spec.environment
  if (spec.flavour.kind === 'onnx') return onnxEnvironment
  if (spec.flavour.kind === 'mlflow' && model)
    return mlflowEnvironment(join(folder.models, model.folder, model.name), spec.id)
  throw new NotPrepared('Environment', 'A scoring script needs an environment, and the deployment names none.')
}

async function buildEnvironment(
  { environments }: PrepareDeps,
  spec: EnvironmentSpec,
  tell: Tell,
): Promise<BuiltEnvironment> {
  const last: string[] = []
  try {
    return await environments.ensure(spec, (text) => {
      last.push(text)
      if (last.length > 50) last.shift()
      return tell(text)
    })
  } catch (cause) {
    if (cause instanceof EnvironmentBuildFailed) throw new NotPrepared('Environment', cause.message, cause)
    throw cause
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

import { createHash } from 'node:crypto'
import { parse, stringify } from 'yaml'
import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt, objectIn, plainCopy, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import { artifactStore } from '../artifacts/artifact-store.ts'
import { datastoreUri } from '../datastores/resolve-uri.ts'
import type { Deps } from '../deps.ts'

/** The property under which a definition of azureml's first client stands with its environment, as it was sent. */
const DEFINITION = 'azureml.definition'

/**
 * A definition as azureml's first client writes it, in the resource manager's words. A Dockerfile that stands in it is
 * kept as a build context of its own.
 *
 * @throws EnvironmentInvalid for what no environment here can have: R, Spark packages, a registry of images with a password
 */
export async function propertiesOfDefinition(
  deps: Pick<Deps, 'store' | 'blobs'>,
  workspace: string,
  sent: JsonObject,
): Promise<JsonObject> {
  const definition = folded(sent)
  const refuse = (reason: string) => fault('EnvironmentInvalid', { reason })
  const docker = objectAt(definition.docker)
  const python = objectAt(definition.python)
  if (isObject(definition.r)) throw refuse('R is not offered: environments here are Python’s.')
  if (listOf(objectAt(definition.spark).packages).length > 0)
    throw refuse('Spark is not offered: leave its packages out.')
  const image = textAt(docker.baseImage)
  const dockerfile = textAt(docker.baseDockerfile)
  const conda = python.userManagedDependencies === true ? undefined : python.condaDependencies
  const condaFile = isObject(conda) ? stringify(conda) : undefined
  const context = objectAt(docker.buildContext)
  return {
    ...(dockerfile === undefined && image !== undefined && { image }),
    ...(condaFile !== undefined && { condaFile }),
    ...(dockerfile !== undefined && { build: await contextOf(deps, workspace, dockerfile) }),
    ...(textAt(context.location) && {
      build: { contextUri: context.location, dockerfilePath: textAt(context.dockerfilePath) ?? 'Dockerfile' },
    }),
    properties: { [DEFINITION]: JSON.stringify(definition) },
  }
}

/** A Dockerfile as a build context by its content: the same file is kept once. */
async function contextOf(deps: Pick<Deps, 'store' | 'blobs'>, workspace: string, text: string): Promise<JsonObject> {
  const store = await artifactStore(deps.store, workspace)
  const folder = `LocalUpload/dockerfile-${createHash('sha256').update(text).digest('hex')}`
  const at = { ...store, path: `${folder}/Dockerfile` }
  if (!(await deps.blobs.info(at))) await deps.blobs.write(at, text)
  return {
    contextUri: datastoreUri(workspace, 'workspaceartifactstore', `${folder}/`),
    dockerfilePath: 'Dockerfile',
  }
}

/** The variables that an environment's definition sets, for every process of a job in it. */
export function definedVariables(properties: JsonObject): Record<string, string> {
  const kept = textAt(objectAt(properties.properties)[DEFINITION])
  if (kept === undefined) return {}
  const { environmentVariables } = objectIn(kept)
  return Object.fromEntries(
    Object.entries(objectAt(environmentVariables)).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  )
}

/** An environment's version as a definition: what was sent, or what the resource manager knows of it. */
export function definitionOf(version: StoredResource): JsonObject {
  const properties = objectAt(version.body.properties)
  const name = version.id.split('/').at(-3) ?? ''
  const kept = textAt(objectAt(properties.properties)[DEFINITION])
  // A text that a client spoilt says nothing.
  const sent = kept === undefined ? {} : objectIn(kept)
  return { ...(Object.keys(sent).length > 0 ? sent : madeUp(properties)), name, version: version.name }
}

function madeUp(properties: JsonObject): JsonObject {
  const condaFile = textAt(properties.condaFile)
  const build = objectAt(properties.build)
  return {
    python: {
      interpreterPath: 'python',
      userManagedDependencies: condaFile === undefined,
      condaDependencies: condaFile === undefined ? null : condaOf(condaFile),
      baseCondaEnvironment: null,
    },
    environmentVariables: {},
    docker: {
      baseImage: textAt(properties.image) ?? null,
      baseDockerfile: null,
      buildContext: textAt(build.contextUri)
        ? { locationType: 'storageAccount', location: build.contextUri, dockerfilePath: build.dockerfilePath ?? null }
        : null,
      platform: { os: 'Linux', architecture: 'amd64' },
      baseImageRegistry: { address: null, username: null, password: null },
      enabled: false,
      arguments: [],
    },
    spark: { repositories: [], packages: [], precachePackages: false },
    inferencingStackVersion: null,
    r: null,
  }
}

/** The same text for the same definition, whatever its name and version: to find one that is registered again. */
export function definitionKey(definition: JsonObject): string {
  const { name: _name, version: _version, ...rest } = folded(definition)
  return JSON.stringify(sorted(plainCopy(rest)))
}

/** Sent with `Python` and `python` alike: the first letter of its own fields means nothing. */
const folded = (sent: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(sent).map(([key, value]) => [key.charAt(0).toLowerCase() + key.slice(1), value]))

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one ?? null)]))
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

function condaOf(text: string): Json {
  const value: unknown = parse(text)
  return isObject(value) ? value : null
}

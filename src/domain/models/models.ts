import { randomUUID } from 'node:crypto'
import { fault } from '../../faults.ts'
import type { Caller } from '../../identity/identity.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Page, Repositories } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import { checkRegistryTags } from '../metrics/limits.ts'
import { announce } from '../webhooks/announce.ts'
import { changeOf } from '../webhooks/registry-events.ts'

export const MODELS = 'Microsoft.MachineLearningServices/workspaces/models'
export const MODEL_VERSIONS = `${MODELS}/versions`

/** A registered model or a version of one, as the resource that ARM keeps, read with its own words. */
export interface ModelView {
  readonly resource: StoredResource
  readonly name: string
  /** '' for the model itself. */
  readonly version: string
  readonly description: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly properties: Readonly<Record<string, string>>
  readonly uri: string
  readonly type: string
  readonly run: string | undefined
  readonly stage: string
  readonly createdAt: string
  readonly modifiedAt: string
  readonly archived: boolean
}

export const modelId = (workspace: string, name: string): string => `${workspace}/models/${name}`
export const versionId = (workspace: string, name: string, version: string): string =>
  `${modelId(workspace, name)}/versions/${version}`

export function modelView(resource: StoredResource): ModelView {
  const properties = objectAt(resource.body.properties)
  const isVersion = resource.type.toLowerCase() === MODEL_VERSIONS.toLowerCase()
  return {
    resource,
    name: isVersion ? nameOf(resource.id) : resource.name,
    version: isVersion ? resource.name : '',
    description: textAt(properties.description),
    tags: texts(properties.tags),
    properties: texts(properties.properties),
    uri: textAt(properties.modelUri) ?? '',
    type: textAt(properties.modelType) ?? '',
    run: textAt(properties.jobName),
    stage: textAt(properties.stage) ?? 'None',
    createdAt: resource.system.createdAt,
    modifiedAt: resource.system.lastModifiedAt,
    archived: properties.isArchived === true,
  }
}

/** @throws ModelNotFound */
export async function findModel(from: Repositories, workspace: string, name: string): Promise<ModelView> {
  const found = await from.resources.get(modelId(workspace, name))
  if (!found) throw fault('ModelNotFound', { model: name })
  return modelView(found)
}

/** @throws ModelVersionNotFound */
export async function findVersion(
  from: Repositories,
  workspace: string,
  { name, version }: { readonly name: string; readonly version: string },
): Promise<ModelView> {
  const found = await from.resources.get(versionId(workspace, name, version))
  if (!found) throw fault('ModelVersionNotFound', { model: name, version })
  return modelView(found)
}

/** The versions of a model, newest first; of all models where no name is given. */
export async function versionsOf(from: Repositories, workspace: string, name?: string): Promise<readonly ModelView[]> {
  const page: Page<StoredResource> =
    name === undefined
      ? await from.resources.ofType(workspace, MODEL_VERSIONS, { newestFirst: true })
      : await from.resources.children(modelId(workspace, name), MODEL_VERSIONS, { newestFirst: true })
  return page.items.map(modelView)
}

export async function modelsOf(from: Repositories, workspace: string): Promise<readonly ModelView[]> {
  return (await from.resources.children(workspace, MODELS)).items.map(modelView)
}

export interface ResourceWish {
  readonly id: string
  readonly type: string
  readonly name: string
  readonly properties: JsonObject
  readonly by: Pick<Caller, 'objectId' | 'appId' | 'kind'>
  readonly now: string
}

/** A resource as ARM would have stored it, had the wish come through it. */
export function newResource({ id, type, name, properties, by, now }: ResourceWish): StoredResource {
  const who = by.appId ?? by.objectId
  return {
    id,
    type,
    name,
    body: { properties: { tags: {}, properties: {}, isArchived: false, ...properties } },
    state: {},
    secrets: {},
    provisioningState: 'Succeeded',
    etag: randomUUID(),
    system: {
      createdBy: who,
      createdByType: by.kind,
      createdAt: now,
      lastModifiedBy: who,
      lastModifiedByType: by.kind,
      lastModifiedAt: now,
    },
  }
}

export interface ModelChange {
  readonly description?: string
  readonly tags?: Readonly<Record<string, string>>
  readonly removeTags?: readonly string[]
  readonly properties?: Readonly<Record<string, string>>
  readonly stage?: string
  readonly aliases?: Readonly<Record<string, string | null>>
  /** What clients of model management say of it. */
  readonly management?: JsonObject
  /** Properties that go, whatever they were. */
  readonly removeProperties?: readonly string[]
}

/**
 * Changes a model or a version of one, in one transaction.
 *
 * @throws ModelNotFound, ModelVersionNotFound
 */
export async function changeModel(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  workspace: string,
  request: ModelChange & { readonly name: string; readonly version?: string; readonly by: ResourceWish['by'] },
): Promise<ModelView> {
  const { name, version, by } = request
  return await store.write(async (within) => {
    const known =
      version === undefined
        ? await findModel(within, workspace, name)
        : await findVersion(within, workspace, { name, version })
    const { resource } = known
    checkRegistryTags(request.tags ?? {})
    const tags = { ...known.tags, ...request.tags }
    for (const tag of request.removeTags ?? []) delete tags[tag]
    const changed: StoredResource = {
      ...resource,
      body: {
        ...resource.body,
        properties: {
          ...objectAt(resource.body.properties),
          tags,
          properties: without({ ...known.properties, ...request.properties }, request.removeProperties ?? []),
          ...(request.description !== undefined && { description: request.description }),
          ...(request.stage !== undefined && { stage: request.stage }),
        },
      },
      state: {
        ...resource.state,
        ...(request.aliases && { aliases: merged(resource.state.aliases, request.aliases) }),
        ...(request.management && { management: request.management }),
      },
      etag: randomUUID(),
      system: {
        ...resource.system,
        lastModifiedBy: by.appId ?? by.objectId,
        lastModifiedByType: by.kind,
        lastModifiedAt: now().toISOString(),
      },
    }
    await within.resources.put(changed)
    const happened = changeOf(modelView(changed), request)
    await announce(within, workspace, { happened, now: changed.system.lastModifiedAt })
    return modelView(changed)
  })
}

/** Removes a model with its versions, or one version. The files stay where they are. */
export async function removeModel(
  { store }: Pick<Deps, 'store'>,
  workspace: string,
  { name, version }: { readonly name: string; readonly version?: string },
): Promise<void> {
  await store.write(async (within) => {
    const { resource } =
      version === undefined
        ? await findModel(within, workspace, name)
        : await findVersion(within, workspace, { name, version })
    for (const child of await within.resources.below(resource.id)) await within.resources.remove(child.id)
    await within.resources.remove(resource.id)
  })
}

/** The names under which MLflow knows versions of a model. */
export const aliasesOf = (model: StoredResource): Readonly<Record<string, string>> => texts(model.state.aliases)

function merged(known: unknown, change: Readonly<Record<string, string | null>>): Record<string, string> {
  const all: Record<string, string | null> = { ...texts(known), ...change }
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null))
}

function texts(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(objectAt(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

const without = (known: Readonly<Record<string, string>>, keys: readonly string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(known).filter(([key]) => !keys.includes(key)))

const nameOf = (id: string): string => id.split('/').at(-3) ?? ''

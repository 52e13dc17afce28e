import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import type { Repositories } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import { checkRegistryTags } from '../metrics/limits.ts'
import { announce } from '../webhooks/announce.ts'
import { modelMade, versionMade } from '../webhooks/registry-events.ts'
import { mlflowFlavors, modelPlace } from './model-source.ts'
import {
  findModel,
  MODEL_VERSIONS,
  MODELS,
  type ModelView,
  modelId,
  modelView,
  newResource,
  type ResourceWish,
  versionId,
  versionsOf,
} from './models.ts'
import { isPrompt, promptPlace } from './prompts.ts'

type By = ResourceWish['by']
const NAME = /^[a-zA-Z0-9][\w .-]{0,254}$/

export interface NewModel {
  readonly name: string
  readonly description?: string | undefined
  readonly tags?: Readonly<Record<string, string>>
  readonly by: By
}

/**
 * Makes a registered model without versions.
 *
 * @throws ModelExists, ParameterInvalid
 */
export async function createModel(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  workspaceId: string,
  model: NewModel,
): Promise<ModelView> {
  return await store.write(async (within) => {
    if (await within.resources.get(modelId(workspaceId, model.name))) throw fault('ModelExists', { model: model.name })
    const at = now().toISOString()
    const made = await putModel(within, workspaceId, { ...model, now: at })
    await announce(within, workspaceId, { happened: [modelMade(made)], now: at })
    return made
  })
}

export interface NewVersion {
  readonly name: string
  readonly source: string
  readonly description?: string | undefined
  readonly tags?: Readonly<Record<string, string>>
  readonly properties?: Readonly<Record<string, string>>
  readonly run?: string | undefined
  /** What other clients say of it, beside what the resource manager has words for. */
  readonly management?: JsonObject
  /** Makes the model too if there is none. */
  readonly makesModel: boolean
  readonly by: By
}

/**
 * Registers files as the next version of a model. The files must be there: what has no MLmodel is a `custom_model`.
 *
 * @throws ModelNotFound, ModelSourceInvalid, ParameterInvalid
 */
export async function registerModel(
  deps: Pick<Deps, 'store' | 'blobs' | 'now'>,
  workspaceId: string,
  version: NewVersion,
): Promise<ModelView> {
  const { tags = {} } = version
  checkRegistryTags(tags)
  const model = await deps.store.resources.get(modelId(workspaceId, version.name))
  const ofPrompt = isPrompt(tags) || (model !== undefined && isPrompt(modelView(model).tags))
  const place = ofPrompt
    ? await promptPlace(deps, workspaceId, tags)
    : await modelPlace(deps, workspaceId, version.source)
  const flavors = await mlflowFlavors(deps, place)
  const run = version.run || place.run
  return await deps.store.write(async (within) => {
    const now = deps.now().toISOString()
    const { name, by } = version
    if (!(await within.resources.get(modelId(workspaceId, name)))) {
      if (!version.makesModel) throw fault('ModelNotFound', { model: name })
      await putModel(within, workspaceId, { name, by, now })
    }
    const model = await findModel(within, workspaceId, name)
    const next = String(Math.max(0, ...(await versionsOf(within, workspaceId, name)).map(number)) + 1)
    const made = newResource({
      id: versionId(workspaceId, model.resource.name, next),
      type: MODEL_VERSIONS,
      name: next,
      by,
      now,
      properties: {
        isAnonymous: false,
        modelType: flavors ? 'mlflow_model' : 'custom_model',
        modelUri: place.uri,
        flavors: flavors ?? {},
        tags: version.tags ?? {},
        properties: version.properties ?? {},
        ...(version.description !== undefined && { description: version.description }),
        ...(run !== undefined && { jobName: run }),
      },
    })
    const kept = version.management ? { ...made, state: { management: version.management } } : made
    await within.resources.put(kept)
    const happened = [versionMade(modelView(kept), ofPrompt)]
    await announce(within, workspaceId, { happened, now })
    return modelView(kept)
  })
}

async function putModel(
  within: Repositories,
  workspaceId: string,
  { name, description, tags = {}, by, now }: NewModel & { readonly now: string },
): Promise<ModelView> {
  checkModelName(name)
  checkRegistryTags(tags)
  const made = newResource({
    id: modelId(workspaceId, name),
    type: MODELS,
    name,
    by,
    now,
    properties: { tags, ...(description !== undefined && { description }) },
  })
  await within.resources.put(made)
  return modelView(made)
}

/** @throws ParameterInvalid */
export function checkModelName(name: string): void {
  if (NAME.test(name)) return
  throw fault('ParameterInvalid', {
    reason: `Registered model name '${name}' is invalid: it has 1 to 255 letters, digits, blanks, '-', '_' or '.', and starts with a letter or digit.`,
  })
}

const number = ({ version }: ModelView): number => (/^\d+$/.test(version) ? Number(version) : 0)

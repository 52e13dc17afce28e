import { mlflowSource } from '../../domain/models/model-source.ts'
import { aliasesOf, type ModelView } from '../../domain/models/models.ts'
import { IS_PROMPT } from '../../domain/models/prompts.ts'
import type { Comparison } from '../../domain/search/filter.ts'
import type { JsonObject } from '../../json.ts'
import type { Repositories } from '../../store/store.ts'
import { type Asked, renderingOf } from './present.ts'
import { keyValues } from './schemas.ts'

/** The property of a version that links to a run elsewhere. */
export const RUN_LINK = 'mlflow.runLink'
/** The files of one of MLflow 3's logged models. */
const LOGGED = /\/models\/(m-[0-9a-f]{32})\/?$/
/** A logged model that no run made keeps its files by itself. */
const ALONE = /^m-[0-9a-f]{32}$/

/** A version as MLflow shows it. What has been registered has been found: there is no pending state. */
export async function presentVersion(from: Repositories, version: ModelView, asked: Asked): Promise<JsonObject> {
  const model = await from.resources.get(version.resource.id.slice(0, version.resource.id.lastIndexOf('/versions/')))
  const model_id = LOGGED.exec(version.uri)?.[1]
  const aliases = Object.entries(model ? aliasesOf(model) : {})
  return {
    name: version.name,
    version: version.version,
    creation_timestamp: Date.parse(version.createdAt),
    last_updated_timestamp: Date.parse(version.modifiedAt),
    user_id: version.resource.system.createdBy,
    current_stage: version.stage,
    description: version.description ?? '',
    source: await mlflowSource(from, version.uri, renderingOf(asked)),
    ...(version.run !== undefined && !ALONE.test(version.run) && { run_id: version.run }),
    ...(version.properties[RUN_LINK] !== undefined && { run_link: version.properties[RUN_LINK] }),
    ...(model_id !== undefined && { model_id }),
    status: 'READY',
    tags: keyValues(version.tags),
    aliases: aliases.filter(([, number]) => number === version.version).map(([alias]) => alias),
  }
}

/** A model as MLflow shows it: with the newest version of each stage. */
export async function presentModel(
  from: Repositories,
  { model, versions }: { readonly model: ModelView; readonly versions: readonly ModelView[] },
  asked: Asked,
): Promise<JsonObject> {
  const latest = latestOf(versions)
  return {
    name: model.name,
    creation_timestamp: Date.parse(model.createdAt),
    last_updated_timestamp: Date.parse(model.modifiedAt),
    user_id: model.resource.system.createdBy,
    description: model.description ?? '',
    latest_versions: await Promise.all(latest.map((version) => presentVersion(from, version, asked))),
    tags: keyValues(model.tags),
    aliases: Object.entries(aliasesOf(model.resource)).map(([alias, version]) => ({ alias, version })),
  }
}

/** The newest version of each stage, of those asked for. */
export function latestOf(versions: readonly ModelView[], stages?: readonly string[]): readonly ModelView[] {
  const byStage = new Map<string, ModelView>()
  for (const version of versions) {
    const known = byStage.get(version.stage)
    if (!known || Number(version.version) > Number(known.version)) byStage.set(version.stage, version)
  }
  const wanted = stages?.map((stage) => stage.toLowerCase())
  return [...byStage.values()].filter(({ stage }) => wanted === undefined || wanted.includes(stage.toLowerCase()))
}

/**
 * A tag as a search of the registry reads it. MLflow's client asks every search for what is no prompt, and takes a model
 * without that tag for one.
 */
export const registryTag = ({ tags }: ModelView, key: string): string | undefined =>
  Object.hasOwn(tags, key) ? tags[key] : key === IS_PROMPT ? 'false' : undefined

/** Whether a search asks for prompts: they are shown to who does, as in MLflow's own stores. */
export const withPrompts = (filter: readonly Comparison[]): boolean => filter.some(({ key }) => key === IS_PROMPT)

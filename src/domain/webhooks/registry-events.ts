import type { ModelView } from '../models/models.ts'
import { isPrompt, PROMPT_TEXT } from '../models/prompts.ts'
import type { Happened } from './announce.ts'

/** A model was made. */
export const modelMade = ({ name, tags, description }: ModelView): Happened => ({
  event: isPrompt(tags) ? 'PROMPT.CREATED' : 'REGISTERED_MODEL.CREATED',
  data: { name, tags, description: description ?? null },
})

/** A version was made. */
export function versionMade(view: ModelView, ofPrompt: boolean): Happened {
  const { name, version, tags, description = null } = view
  if (ofPrompt) {
    const data = { name, version, template: tags[PROMPT_TEXT] ?? '', tags, description }
    return { event: 'PROMPT_VERSION.CREATED', data }
  }
  return {
    event: 'MODEL_VERSION.CREATED',
    data: { name, version, source: view.uri, run_id: view.run ?? null, tags, description },
  }
}

interface Change {
  readonly tags?: Readonly<Record<string, string>>
  readonly removeTags?: readonly string[]
  readonly aliases?: Readonly<Record<string, string | null>>
}

/** What a change of a model or a version is, in MLflow's events; tags of models that are no prompts have none. */
export function changeOf(view: ModelView, { tags = {}, removeTags = [], aliases = {} }: Change): readonly Happened[] {
  const { name, version } = view
  const prompt = isPrompt(view.tags)
  const about = version === '' ? { name } : { name, version }
  const tag = version === '' ? (prompt ? 'PROMPT_TAG' : undefined) : prompt ? 'PROMPT_VERSION_TAG' : 'MODEL_VERSION_TAG'
  const alias = prompt ? 'PROMPT_ALIAS' : 'MODEL_VERSION_ALIAS'
  return [
    ...Object.entries(tag ? tags : {}).map(
      ([key, value]): Happened => ({ event: `${tag ?? 'PROMPT_TAG'}.SET`, data: { ...about, key, value } }),
    ),
    ...(tag ? removeTags : []).map(
      (key): Happened => ({ event: `${tag ?? 'PROMPT_TAG'}.DELETED`, data: { ...about, key } }),
    ),
    ...Object.entries(aliases).map(
      ([one, of]): Happened =>
        of === null
          ? { event: `${alias}.DELETED`, data: { name, alias: one } }
          : { event: `${alias}.CREATED`, data: { name, alias: one, version: of } },
    ),
  ]
}

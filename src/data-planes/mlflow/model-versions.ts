import { Type } from 'typebox'
import { mlflowSource } from '../../domain/models/model-source.ts'
import { changeModel, findVersion, type ModelView, removeModel, versionsOf } from '../../domain/models/models.ts'
import { isPrompt } from '../../domain/models/prompts.ts'
import { registerModel } from '../../domain/models/register-model.ts'
import { modelVersionFields } from '../../domain/search/fields.ts'
import { parseFilter } from '../../domain/search/filter.ts'
import type { FieldValue } from '../../domain/search/matches.ts'
import { type OrderBy, parseOrder } from '../../domain/search/order.ts'
import { pageToken, readPageToken } from '../../domain/search/page-token.ts'
import { searchItems } from '../../domain/search/search-items.ts'
import { fault } from '../../faults.ts'
import { limitOf } from './listing.ts'
import { mlflow, required } from './mlflow-operation.ts'
import { renderingOf } from './present.ts'
import { presentVersion, RUN_LINK, registryTag, withPrompts } from './present-models.ts'
import { KeyValue, Whole } from './schemas.ts'

const read = 'models/versions/read'
const write = 'models/versions/write'
const text = Type.Optional(Type.String())
const ByVersion = Type.Object({ name: text, version: text })
const DEFAULT_RESULTS = 10_000
const MOST_RESULTS = 200_000
const stages: ReadonlyMap<string, string> = new Map(
  ['None', 'Staging', 'Production', 'Archived'].map((stage) => [stage.toLowerCase(), stage]),
)

const named = (input: { readonly name?: string; readonly version?: string }) => ({
  name: required('name', input.name),
  version: required('version', input.version),
})

const attributes: Readonly<Record<string, (version: ModelView) => string | number | undefined>> = {
  name: ({ name }) => name,
  version: ({ version }) => numberOf(version),
  version_number: ({ version }) => numberOf(version),
  run_id: ({ run }) => run,
  source_path: ({ uri }) => uri,
  creation_timestamp: ({ createdAt }) => Date.parse(createdAt),
  last_updated_timestamp: ({ modifiedAt }) => Date.parse(modifiedAt),
}

/** ARM's versions may have names that are no numbers. */
const numberOf = (version: string): string | number => (/^\d+$/.test(version) ? Number(version) : version)

const reader =
  (version: ModelView) =>
  (entity: string, key: string): FieldValue =>
    entity === 'tags' ? registryTag(version, key) : attributes[key.toLowerCase()]?.(version)

/** The last changed first; name and version last, which no two have alike. */
const LAST_CHANGED: readonly OrderBy[] = [
  { entity: 'attributes', key: 'last_updated_timestamp', descending: true },
  { entity: 'attributes', key: 'name', descending: false },
  { entity: 'attributes', key: 'version', descending: true },
]

/** Versions of MLflow's registered models: ARM's model versions. */
export const modelVersionOperations = [
  mlflow({
    name: 'createModelVersion',
    method: 'POST',
    path: '/model-versions/create',
    right: write,
    input: Type.Object({
      name: text,
      source: text,
      run_id: text,
      run_link: text,
      model_id: text,
      description: text,
      tags: Type.Optional(Type.Array(KeyValue)),
    }),
    async answer(deps, { input, caller, ...asked }) {
      const version = await registerModel(deps, asked.workspace.id, {
        name: required('name', input.name),
        source: input.model_id ? `models:/${input.model_id}` : required('source', input.source),
        run: input.run_id,
        description: input.description,
        ...(input.run_link && { properties: { [RUN_LINK]: input.run_link } }),
        tags: Object.fromEntries((input.tags ?? []).map((tag) => [tag.key, tag.value ?? ''])),
        makesModel: false,
        by: caller,
      })
      return { model_version: await presentVersion(deps.store, version, asked) }
    },
  }),
  mlflow({
    name: 'getModelVersion',
    method: 'GET',
    path: '/model-versions/get',
    right: read,
    input: ByVersion,
    async answer({ store }, { input, ...asked }) {
      const version = await findVersion(store, asked.workspace.id, named(input))
      return { model_version: await presentVersion(store, version, asked) }
    },
  }),
  mlflow({
    name: 'getModelVersionDownloadUri',
    method: 'GET',
    path: '/model-versions/get-download-uri',
    right: read,
    input: ByVersion,
    async answer({ store }, { input, ...asked }) {
      const { uri } = await findVersion(store, asked.workspace.id, named(input))
      return { artifact_uri: await mlflowSource(store, uri, renderingOf(asked)) }
    },
  }),
  mlflow({
    name: 'searchModelVersions',
    method: 'GET',
    path: '/model-versions/search',
    right: read,
    input: Type.Object({
      filter: text,
      max_results: Type.Optional(Whole),
      order_by: Type.Optional(Type.Array(Type.String())),
      page_token: text,
    }),
    async answer({ store }, { input, ...asked }) {
      const filter = parseFilter(input.filter ?? '', modelVersionFields)
      const shownToo = withPrompts(filter)
      const found = (await versionsOf(store, asked.workspace.id)).filter(
        (version) => !version.archived && (shownToo || !isPrompt(version.tags)),
      )
      const page = searchItems(found, {
        filter,
        order: [...parseOrder(input.order_by ?? [], modelVersionFields), ...LAST_CHANGED],
        read: reader,
        limit: limitOf(input.max_results, { usual: DEFAULT_RESULTS, most: MOST_RESULTS }),
        after: readPageToken(input.page_token),
      })
      return {
        model_versions: await Promise.all(page.items.map((version) => presentVersion(store, version, asked))),
        ...(page.next !== undefined && { next_page_token: pageToken(page.next) }),
      }
    },
  }),
  mlflow({
    name: 'updateModelVersion',
    method: 'PATCH',
    path: '/model-versions/update',
    right: write,
    input: Type.Object({ name: text, version: text, description: text }),
    async answer(deps, { input, caller, ...asked }) {
      const change = { ...named(input), description: input.description ?? '', by: caller }
      const version = await changeModel(deps, asked.workspace.id, change)
      return { model_version: await presentVersion(deps.store, version, asked) }
    },
  }),
  mlflow({
    name: 'transitionModelVersionStage',
    method: 'POST',
    path: '/model-versions/transition-stage',
    right: write,
    input: Type.Object({
      name: text,
      version: text,
      stage: text,
      archive_existing_versions: Type.Optional(Type.Boolean()),
    }),
    async answer(deps, { input, caller, ...asked }) {
      const { name, version } = named(input)
      const wanted = required('stage', input.stage)
      const stage = stages.get(wanted.toLowerCase())
      if (!stage) throw fault('ParameterInvalid', { reason: `Invalid Model Version stage: ${wanted}.` })
      const { id } = asked.workspace
      const changed = await changeModel(deps, id, { name, version, stage, by: caller })
      if (input.archive_existing_versions) {
        const others = (await versionsOf(deps.store, id, name)).filter(
          (other) => other.stage === stage && other.version !== version,
        )
        for (const other of others) {
          await changeModel(deps, id, { name, version: other.version, stage: 'Archived', by: caller })
        }
      }
      return { model_version: await presentVersion(deps.store, changed, asked) }
    },
  }),
  mlflow({
    name: 'deleteModelVersion',
    method: 'DELETE',
    path: '/model-versions/delete',
    right: 'models/versions/delete',
    input: ByVersion,
    async answer(deps, { input, workspace }) {
      await removeModel(deps, workspace.id, named(input))
      return {}
    },
  }),
  mlflow({
    name: 'setModelVersionTag',
    method: 'POST',
    path: '/model-versions/set-tag',
    right: write,
    input: Type.Object({ name: text, version: text, key: text, value: text }),
    async answer(deps, { input, caller, workspace }) {
      const tags = { [required('key', input.key)]: input.value ?? '' }
      await changeModel(deps, workspace.id, { ...named(input), tags, by: caller })
      return {}
    },
  }),
  mlflow({
    name: 'deleteModelVersionTag',
    method: 'DELETE',
    path: '/model-versions/delete-tag',
    right: write,
    input: Type.Object({ name: text, version: text, key: text }),
    async answer(deps, { input, caller, workspace }) {
      await changeModel(deps, workspace.id, { ...named(input), removeTags: [required('key', input.key)], by: caller })
      return {}
    },
  }),
]

import { Type } from 'typebox'
import { pathsOf, type TablePath, tableOf } from '../../domain/datasets/mltable-text.ts'
import { findSavedDataset, type SavedDataset, saveDataset } from '../../domain/datasets/saved-datasets.ts'
import type { Deps } from '../../domain/deps.ts'
import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { type Operation, operation, type Workspace } from '../operation.ts'
import { Registering } from './dataset-schemas.ts'
import { pathOf, presentDataset } from './present-dataset.ts'
import { registerDataset } from './register-dataset.ts'
import { MaybeText } from './schemas.ts'

const read = 'data/versions/read'
const write = 'data/versions/write'
const Anything = Type.Record(Type.String(), Type.Any())

const presentSaved = (workspace: Workspace, saved: SavedDataset): JsonObject => ({
  id: saved.id,
  datasetType: saved.type,
  properties: saved.properties,
  dataflowJson: saved.dataflow,
  dataChanged: false,
  dataPath: pathOf(workspace, saved),
})

/**
 * A request for a dataset by its files and how they are read, as one. Source: `DatasetRequestDto`.
 *
 * @throws ParameterInvalid for kinds of files that an MLTable has no word for
 */
export async function requestAsSaved(deps: Deps, workspace: Workspace, sent: JsonObject): Promise<SavedDataset> {
  if (isObject(sent.openDatasetsSection)) {
    throw fault('ParameterInvalid', { reason: 'Azure Open Datasets are Microsoft’s own and are not kept here.' })
  }
  const paths = pathsOf(workspace.id, objectAt(sent.dataPath))
  const type = sent.datasetType === 'file' ? 'file' : 'tabular'
  const { text } = tableOf(paths, type === 'file' ? [] : [readerOf(sent, paths)])
  return await saveDataset(deps, workspace, { type, dataflow: text, properties: {} })
}

/** How files are read: as it is said, or by their ending. */
export function readerOf(sent: JsonObject, paths: readonly TablePath[]): Json {
  const source = objectAt(sent.sourceProperties)
  const named = textAt(objectAt(sent.general).fileType) ?? textAt(source.dataSourceType)
  const ending = /\.(\w+)$/.exec(paths[0]?.place ?? '')?.[1]
  const kind = (named ?? ending ?? '').toLowerCase()
  if (kind.includes('parquet')) return 'read_parquet'
  if (kind.includes('jsonl') || kind.includes('jsonlines')) return { read_json_lines: { encoding: 'utf8' } }
  if (['csv', 'tsv', 'txt', 'text', 'delimitedfile', 'delimited', 'genericcsv', 'generictsv', ''].includes(kind)) {
    const delimiter = textAt(source.delimiter) ?? (kind.includes('tsv') ? '\t' : ',')
    const header = source.promoteHeaders === false ? 'no_header' : 'all_files_same_headers'
    return { read_delimited: { delimiter, encoding: 'utf8', header } }
  }
  throw fault('ParameterInvalid', { reason: `Files of kind '${kind}' can't be read as a table here.` })
}

/** Datasets without a name, kept by their content. */
export const savedOperations: readonly Operation[] = [
  operation({
    name: 'Dataset.ensureSaved',
    method: 'POST',
    path: '/saveddatasets',
    right: write,
    body: Type.Object({
      datasetType: MaybeText,
      dataflowJson: Type.String({ minLength: 1 }),
      properties: Type.Optional(Type.Union([Anything, Type.Null()])),
    }),
    async answer(deps, { workspace, body }) {
      const type = body.datasetType === 'file' ? 'file' : 'tabular'
      const wish = { type, dataflow: body.dataflowJson, properties: objectAt(body.properties) } as const
      return presentSaved(workspace, await saveDataset(deps, workspace, wish))
    },
  }),
  operation({
    name: 'Dataset.ensureSavedFromDataPath',
    method: 'POST',
    path: '/saveddatasets/from-data-path',
    right: write,
    body: Anything,
    async answer(deps, { workspace, body }) {
      const { text } = tableOf(pathsOf(workspace.id, objectAt(body)), [])
      return presentSaved(
        workspace,
        await saveDataset(deps, workspace, { type: 'file', dataflow: text, properties: {} }),
      )
    },
  }),
  operation({
    name: 'Dataset.ensureSavedFromRequest',
    method: 'POST',
    path: '/saveddatasets/from-request',
    right: write,
    body: Anything,
    answer: async (deps, { workspace, body }) =>
      presentSaved(workspace, await requestAsSaved(deps, workspace, objectAt(body))),
  }),
  operation({
    name: 'Dataset.getById',
    method: 'GET',
    path: '/saveddatasets/{id}',
    right: read,
    answer: async ({ store }, { workspace, params }) =>
      presentSaved(workspace, await findSavedDataset(store, workspace.key, params.id)),
  }),
  operation({
    name: 'Dataset.registerFromDataPath',
    method: 'POST',
    path: '/datasets/register',
    right: write,
    query: Registering,
    body: Anything,
    async answer(deps, { query, body, ...asking }) {
      const name = textAt(objectAt(body).name)
      if (!name) throw fault('ParameterInvalid', { reason: "A dataset has a 'name'." })
      const saved = await requestAsSaved(deps, asking.workspace, objectAt(body))
      const { description, tags } = objectAt(body)
      const container = await registerDataset(deps, asking, {
        ...{ name, saved, description: textAt(description), tags: objectAt(tags) as Record<string, string> },
        ...{ ifExistsOk: query.ifExistsOK ?? query.ifExistsOk, updateIfExists: query.updateDefinitionIfExists },
      })
      return await presentDataset(deps, asking.workspace, { container })
    },
  }),
  operation({
    name: 'Dataset.parseDataPath',
    method: 'POST',
    path: '/datasets/parse',
    right: read,
    body: Anything,
    async answer(_deps, { workspace, body }) {
      const sent = objectAt(body)
      const reader = readerOf(sent, pathsOf(workspace.id, objectAt(sent.dataPath)))
      const { delimiter, header } = objectAt(objectAt(reader).read_delimited)
      return {
        ...sent,
        sourceProperties: {
          encoding: 'UTF8',
          dataSourceType: typeof reader === 'string' ? reader : Object.keys(objectAt(reader))[0],
          ...(delimiter !== undefined && { delimiter, promoteHeaders: header !== 'no_header', skipLinesCount: 0 }),
          ...objectAt(sent.sourceProperties),
        },
      }
    },
  }),
]

import { Type } from 'typebox'
import { findAsset } from '../../domain/assets/asset-reference.ts'
import { textIn } from '../../domain/assets/read-text.ts'
import { datasetOfVersion } from '../../domain/datasets/dataset-of-asset.ts'
import { readDataflow, readTable, rooted, type Table } from '../../domain/datasets/mltable-text.ts'
import { columnType, fieldType, profileRows } from '../../domain/datasets/profile-rows.ts'
import { type Rows, readRows } from '../../domain/datasets/read-rows.ts'
import { resolveReadable } from '../../domain/datastores/resolve-uri.ts'
import type { Deps } from '../../domain/deps.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { type Operation, operation, type Workspace } from '../operation.ts'
import { datasetAndVersion } from './present-dataset.ts'
import { requestAsSaved } from './saved.ts'
import { MaybeText } from './schemas.ts'

const read = 'data/versions/read'
const PREVIEW = 200
/** What a quick profile looks at. */
const PROFILED = 100_000
const Anything = Type.Record(Type.String(), Type.Any())

const presentRows = ({ columns, rows }: Rows): JsonObject => ({
  schema: columns.map((id, at) => ({ id, type: columnType(rows.map((row) => row[at] ?? null)) })),
  rows: rows.map((row) => row.map((value) => ({ type: fieldType(value), value }))),
})

type Find<Asked> = (deps: Deps, workspace: Workspace, asked: Asked) => Promise<Table>

/** The rows of a table, and its columns by numbers, as they are when they are asked for. */
const show = async (deps: Deps, workspace: Workspace, table: Table) =>
  presentRows(await readRows(deps, workspace.id, { table, limit: PREVIEW }))
const profile = async (deps: Deps, workspace: Workspace, table: Table) =>
  profileRows(await readRows(deps, workspace.id, { table, limit: PROFILED })) as JsonObject[]

/** The table of a version of a registered dataset. @throws AssetNotNamed, AssetInvalid */
export async function tableOfDataset(
  deps: Deps,
  workspace: Workspace,
  named: { readonly id: string; readonly version?: string | undefined },
): Promise<Table> {
  const { version } = await datasetAndVersion(deps, workspace, named)
  return readDataflow(workspace.id, (await datasetOfVersion(deps, workspace, version)).dataflow)
}

const ofRequest: Find<unknown> = async (deps, workspace, body) =>
  readDataflow(workspace.id, (await requestAsSaved(deps, workspace, objectAt(body))).dataflow)

const ofDataflow: Find<unknown> = async (_deps, workspace, body) => {
  if (typeof body !== 'string') throw fault('ParameterInvalid', { reason: 'The body is a dataflow, as a text.' })
  return readDataflow(workspace.id, body)
}

export const previewOperations: readonly Operation[] = (
  [
    ['Preview', 'preview', show],
    ['QuickProfile', 'quickprofile', profile],
  ] as const
).flatMap(([what, word, answer]) => [
  operation({
    name: `Dataset.get${what}ByDatasetId`,
    method: 'GET',
    path: `/datasets/{datasetId}/${word}`,
    right: read,
    query: Type.Object({ versionId: Type.Optional(Type.String()) }),
    async answer(deps, { workspace, params, query }) {
      const id = String(objectAt(params).datasetId)
      return await answer(deps, workspace, await tableOfDataset(deps, workspace, { id, version: query.versionId }))
    },
  }),
  operation({
    name: `Dataset.get${what}ByDatasetRequest`,
    method: 'POST',
    path: `/datasets/${word}`,
    right: read,
    body: Anything,
    answer: async (deps, { workspace, body }) => await answer(deps, workspace, await ofRequest(deps, workspace, body)),
  }),
  operation({
    name: `Dataset.get${what}ByDataflowJson`,
    method: 'POST',
    path: word === 'preview' ? '/datasets/dataflow/preview' : '/datasets/quickprofile/dataflow',
    right: read,
    body: Type.Any(),
    answer: async (deps, { workspace, body }) => await answer(deps, workspace, await ofDataflow(deps, workspace, body)),
  }),
])

const Call = Type.Object({
  ...{
    dataUri: MaybeText,
    dataType: MaybeText,
    assetId: MaybeText,
    dataContainerName: MaybeText,
    versionId: MaybeText,
  },
})

/** The MLTable that a call names: by its place, or as a data asset. @throws AssetNotNamed, AssetNotFound, DatasetUnreadable */
async function ofCall(deps: Deps, workspace: Workspace, call: JsonObject): Promise<Table> {
  const [uri, id, name] = [textAt(call.dataUri), textAt(call.assetId), textAt(call.dataContainerName)]
  if (uri === undefined) {
    if (id === undefined && name === undefined) {
      throw fault('ParameterInvalid', {
        reason: "A call names its data by 'dataUri', 'assetId' or 'dataContainerName'.",
      })
    }
    if (id === undefined)
      return await tableOfDataset(deps, workspace, { id: name ?? '', version: textAt(call.versionId) })
    const version = await findAsset(deps.store.resources, workspace.id, { kind: 'data', reference: id })
    return readDataflow(workspace.id, (await datasetOfVersion(deps, workspace, version)).dataflow)
  }
  const place = await resolveReadable(deps.store, workspace.id, uri)
  const text = place && !place.anonymous ? await textIn(deps, place, 'MLTable') : undefined
  if (text === undefined) throw fault('DatasetUnreadable', { reason: `there is no file 'MLTable' in '${uri}'` })
  return rooted(readTable(text), uri)
}

/** What an MLTable holds. */
export const callOperations: readonly Operation[] = [
  operation({
    name: 'DataCall.getPreviewForMlTable',
    method: 'POST',
    path: '/datacall/preview',
    right: read,
    body: Call,
    answer: async (deps, { workspace, body }) =>
      await show(deps, workspace, await ofCall(deps, workspace, objectAt(body))),
  }),
  operation({
    name: 'DataCall.getQuickProfileForMlTable',
    method: 'POST',
    path: '/datacall/quickprofile',
    right: read,
    body: Call,
    answer: async (deps, { workspace, body }) =>
      await profile(deps, workspace, await ofCall(deps, workspace, objectAt(body))),
  }),
  operation({
    name: 'DataCall.getSchemaForMlTable',
    method: 'POST',
    path: '/datacall/schema',
    right: read,
    body: Call,
    async answer(deps, { workspace, body }) {
      const { schema } = await show(deps, workspace, await ofCall(deps, workspace, objectAt(body)))
      return schema ?? []
    },
  }),
]

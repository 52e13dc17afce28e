import { type Static, Type } from 'typebox'
import { pathsOf, tableOf } from '../../domain/datasets/mltable-text.ts'
import { findSavedDataset, type SavedDataset, saveDataset } from '../../domain/datasets/saved-datasets.ts'
import type { Deps } from '../../domain/deps.ts'
import { fault } from '../../faults.ts'
import { objectAt } from '../../json.ts'
import type { Workspace } from '../operation.ts'
import { MaybeFlag, MaybeText, MaybeTexts } from './schemas.ts'

const flag = Type.Optional(Type.Boolean())
const MaybeObject = Type.Optional(Type.Union([Type.Record(Type.String(), Type.Any()), Type.Null()]))

export const Paged = Type.Object({
  continuationToken: Type.Optional(Type.String()),
  pageSize: Type.Optional(Type.Integer({ minimum: 1 })),
})

/** How a dataset is registered. */
export const Registering = Type.Object({
  ...{ registerAsPending: flag, ifExistsOk: flag, ifExistsOK: flag, updateDefinitionIfExists: flag },
  ...{ withDataHash: flag, forceUpdate: flag, skipValidation: flag },
  ...{ userVersionId: Type.Optional(Type.String()), datasetType: Type.Optional(Type.String()) },
})

export const Definition = Type.Object({
  ...{ dataflow: MaybeText, savedDatasetId: MaybeText, description: MaybeText, tags: MaybeTexts },
  ...{ versionId: MaybeText, dataPath: MaybeObject, properties: MaybeObject },
})

export const Dataset = Type.Object({
  name: Type.String({ minLength: 1 }),
  ...{ description: MaybeText, tags: MaybeTexts, datasetType: MaybeText, isVisible: MaybeFlag },
  latest: Type.Optional(Type.Union([Definition, Type.Null()])),
})

export const State = Type.Object({
  state: Type.Union([Type.Literal('active'), Type.Literal('deprecated'), Type.Literal('archived')]),
  deprecatedBy: MaybeObject,
})

/** @throws ParameterInvalid: a definition stands when it is sent, and is never waited with */
export function notPending({ registerAsPending }: Static<typeof Registering>): void {
  if (registerAsPending) {
    throw fault('ParameterInvalid', { reason: "A definition is not kept pending here: leave 'registerAsPending' out." })
  }
}

/**
 * What a definition says, kept by its content: its dataflow, the path that it names, or a dataset that is kept already.
 *
 * @throws ParameterInvalid where it says nothing, AssetNotFound, AssetInvalid
 */
export async function definitionAsSaved(
  deps: Deps,
  workspace: Workspace,
  { definition, type }: { readonly definition: Static<typeof Definition>; readonly type: SavedDataset['type'] },
): Promise<SavedDataset> {
  const { dataflow, savedDatasetId, dataPath, properties } = definition
  if (dataflow) return await saveDataset(deps, workspace, { type, dataflow, properties: objectAt(properties) })
  if (savedDatasetId) return await findSavedDataset(deps.store, workspace.key, savedDatasetId)
  if (!dataPath) {
    throw fault('ParameterInvalid', { reason: "A definition has a 'dataflow', a 'dataPath' or a 'savedDatasetId'." })
  }
  const { text } = tableOf(pathsOf(workspace.id, objectAt(dataPath)), [])
  return await saveDataset(deps, workspace, { type, dataflow: text, properties: objectAt(properties) })
}

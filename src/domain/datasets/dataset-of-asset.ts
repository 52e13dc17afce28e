import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import { textIn } from '../assets/read-text.ts'
import { resolveReadable } from '../datastores/resolve-uri.ts'
import type { Deps } from '../deps.ts'
import { readTable, rooted, tableOf } from './mltable-text.ts'
import { findSavedDataset, type SavedDataset, saveDataset } from './saved-datasets.ts'

/** The property by which a data version names the saved dataset that it was registered from. */
export const SAVED_ID = 'azureml.savedDatasetId'

type Needs = Pick<Deps, 'store' | 'blobs' | 'now'>

/** A data version as the dataset that it is; one that another client made is kept as such when it is first asked for. */
export async function datasetOfVersion(
  deps: Needs,
  workspace: { readonly id: string; readonly key: string },
  version: StoredResource,
): Promise<SavedDataset> {
  const properties = objectAt(version.body.properties)
  const id = textAt(objectAt(properties.properties)[SAVED_ID])
  if (id !== undefined) return await findSavedDataset(deps.store, workspace.key, id)
  return await saveDataset(deps, workspace, await madeUp(deps, workspace.id, properties))
}

async function madeUp(deps: Needs, workspace: string, properties: JsonObject): Promise<Omit<SavedDataset, 'id'>> {
  const uri = textAt(properties.dataUri) ?? ''
  const type = textAt(properties.dataType)?.toLowerCase()
  if (type === 'mltable') {
    const place = await resolveReadable(deps.store, workspace, uri)
    const text = place && !place.anonymous ? await textIn(deps, place, 'MLTable') : undefined
    // One whose file is not there yet reads all that will be.
    const table = text === undefined ? tableOf([{ kind: 'folder', place: uri }], []) : rooted(readTable(text), uri)
    return { type: 'tabular', dataflow: table.text, properties: {} }
  }
  const base = uri.endsWith('/') ? uri : `${uri}/`
  const path = type === 'uri_folder' ? `${base}**` : uri
  return { type: 'file', dataflow: tableOf([{ kind: 'pattern', place: path }], []).text, properties: {} }
}

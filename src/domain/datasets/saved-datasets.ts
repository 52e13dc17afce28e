import { createHash } from 'node:crypto'
import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt, plainCopy, textAt } from '../../json.ts'
import type { Repositories } from '../../store/store.ts'
import { artifactStore } from '../artifacts/artifact-store.ts'
import { datastoreUri, resolveReadable } from '../datastores/resolve-uri.ts'
import type { Deps } from '../deps.ts'
import { readDataflow, type Table } from './mltable-text.ts'

const KIND = 'saved-dataset'

/** A dataset without a name: what it reads and how. Its id follows from what it is, so that the same one is kept once. */
export interface SavedDataset {
  readonly id: string
  readonly type: 'tabular' | 'file'
  readonly dataflow: string
  readonly properties: JsonObject
}

/**
 * Keeps a dataset by its content.
 *
 * @throws AssetInvalid for a dataflow that can't be read here, UriUnresolvable and the like for places that are none
 */
export async function saveDataset(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  workspace: { readonly id: string; readonly key: string },
  dataset: Omit<SavedDataset, 'id'>,
): Promise<SavedDataset> {
  const { paths } = readDataflow(workspace.id, dataset.dataflow)
  for (const { place } of paths) await resolveReadable(store, workspace.id, place)
  const id = uuidOf(JSON.stringify(sorted(plainCopy({ ...dataset }))))
  if (!(await store.documents.get(workspace.key, KIND, id))) {
    const body = plainCopy({ type: dataset.type, dataflow: dataset.dataflow, properties: dataset.properties })
    await store.write((within) =>
      within.documents.put({
        ...{ workspace: workspace.key, kind: KIND, id, owner: '', name: '', at: now().getTime(), body },
      }),
    )
  }
  return { id, ...dataset }
}

/** @throws AssetNotFound */
export async function findSavedDataset(from: Repositories, workspace: string, id: string): Promise<SavedDataset> {
  const found = await from.documents.get(workspace, KIND, id)
  if (!found) throw fault('AssetNotFound', { asset: id })
  const { type, dataflow, properties } = found.body
  return {
    id,
    type: type === 'file' ? 'file' : 'tabular',
    dataflow: textAt(dataflow) ?? '',
    properties: objectAt(properties),
  }
}

/** Where a dataset's bytes are for everybody else: files at their place, a table as an MLTable that is written for it. */
export async function placeOf(
  deps: Pick<Deps, 'store' | 'blobs'>,
  workspace: string,
  dataset: SavedDataset,
): Promise<{ readonly dataType: 'uri_file' | 'uri_folder' | 'mltable'; readonly dataUri: string }> {
  const table = readDataflow(workspace, dataset.dataflow)
  const single = dataset.type === 'file' ? await singlePlace(deps, workspace, table) : undefined
  if (single) return single
  const store = await artifactStore(deps.store, workspace)
  const folder = `LocalUpload/dataset-${dataset.id}`
  const at = { ...store, path: `${folder}/MLTable` }
  if (!(await deps.blobs.info(at))) await deps.blobs.write(at, table.text)
  return { dataType: 'mltable', dataUri: datastoreUri(workspace, 'workspaceartifactstore', `${folder}/`) }
}

async function singlePlace(deps: Pick<Deps, 'store' | 'blobs'>, workspace: string, { paths, transformations }: Table) {
  const [path] = paths
  if (!path || paths.length > 1 || transformations.length > 0) return undefined
  const { kind, place } = path
  const folder = /^([^*?]+\/)\*\*(?:\/\*)?$/.exec(place)?.[1] ?? (kind === 'folder' ? place : undefined)
  if (folder !== undefined) return { dataType: 'uri_folder', dataUri: folder } as const
  if (/[*?]/.test(place)) return undefined
  if (kind === 'file') return { dataType: 'uri_file', dataUri: place } as const
  const blob = await resolveReadable(deps.store, workspace, place)
  const isFile = blob === undefined || blob.anonymous || (await deps.blobs.info(blob)) !== undefined
  return isFile
    ? ({ dataType: 'uri_file', dataUri: place } as const)
    : ({ dataType: 'uri_folder', dataUri: place } as const)
}

/** A text as a UUID that is always the same. */
export function uuidOf(text: string): string {
  const hash = createHash('sha256').update(text).digest('hex')
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    `8${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-')
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one ?? null)]))
}

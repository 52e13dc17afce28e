import { parse, stringify } from 'yaml'
import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { mltablePaths } from '../assets/check-mltable.ts'
import { datastoreUri } from '../datastores/resolve-uri.ts'

/** One place that an MLTable reads. */
export interface TablePath {
  readonly kind: 'file' | 'folder' | 'pattern'
  readonly place: string
}

/** An MLTable as it is worked with: what it reads and how. */
export interface Table {
  readonly paths: readonly TablePath[]
  readonly transformations: readonly Json[]
  readonly text: string
}

/** An MLTable of places and a way to read them. */
export function tableOf(paths: readonly TablePath[], transformations: readonly Json[]): Table {
  const text = stringify({
    type: 'mltable',
    paths: paths.map(({ kind, place }) => ({ [kind]: place })),
    ...(transformations.length > 0 && { transformations: [...transformations] }),
  })
  return { paths, transformations, text }
}

/**
 * What a dataset's dataflow says: it is an MLTable, or the blocks of azureml-dataprep's older versions.
 *
 * @throws AssetInvalid for what is neither, and for steps that an MLTable has no word for
 */
export function readDataflow(workspace: string, dataflow: string): Table {
  const text = dataflow.trim()
  if (!text.startsWith('{')) return readTable(text)
  const value = objectAt(parsed(text))
  // The newest client has no blocks, and its MLTable beside them.
  const table = textAt(objectAt(value.meta).RsDataflow)
  if (table !== undefined) return readTable(table)
  return value.blocks === undefined ? readTable(stringify(value)) : ofBlocks(workspace, value.blocks)
}

/** @throws AssetInvalid */
export function readTable(text: string): Table {
  mltablePaths(text)
  const table = objectAt(parse(text))
  const paths = (Array.isArray(table.paths) ? table.paths : []).map((entry: Json): TablePath => {
    const [kind = '', place] = Object.entries(objectAt(entry))[0] ?? []
    return { kind: kind === 'file' || kind === 'folder' ? kind : 'pattern', place: textAt(place) ?? '' }
  })
  return { paths, transformations: Array.isArray(table.transformations) ? table.transformations : [], text }
}

/** A table whose relative places are below a folder, as one that can be read from anywhere. */
export function rooted(table: Table, folder: string): Table {
  const base = folder.endsWith('/') ? folder : `${folder}/`
  const own = (place: string) => (/^[a-z]+:\/\//i.test(place) ? place : base + place.replace(/^\.\//, ''))
  return tableOf(
    table.paths.map(({ kind, place }) => ({ kind, place: own(place) })),
    table.transformations,
  )
}

const refuse = (why: string) => fault('AssetInvalid', { reason: `The dataflow is invalid: ${why}.` })

function ofBlocks(workspace: string, blocks: Json): Table {
  if (!Array.isArray(blocks) || blocks.length === 0) throw refuse("it has no 'blocks'")
  const paths: TablePath[] = []
  const transformations: Json[] = []
  for (const block of blocks.map(objectAt)) {
    const type = (textAt(block.type) ?? '').replace(/^Microsoft\.DPrep\./, '')
    const step = objectAt(block.arguments)
    if (type === 'GetDatastoreFilesBlock') paths.push(...inDatastores(workspace, step))
    else if (type === 'GetFilesBlock') paths.push(...elsewhere(step))
    else if (type === 'ParseDelimitedBlock') transformations.push({ read_delimited: delimitedOf(step) })
    else if (type === 'ReadParquetFileBlock') transformations.push('read_parquet')
    else throw refuse(`an MLTable has no word for its step '${type}'`)
  }
  if (paths.length === 0) throw refuse('it reads from nowhere')
  return tableOf(paths, transformations)
}

const inDatastores = (workspace: string, step: JsonObject): readonly TablePath[] =>
  (Array.isArray(step.datastores) ? step.datastores : []).map(objectAt).map(({ datastoreName, path }) => ({
    kind: 'pattern',
    place: datastoreUri(workspace, textAt(datastoreName) ?? '', textAt(path) ?? ''),
  }))

function elsewhere(step: JsonObject): readonly TablePath[] {
  const details = objectAt(step.path).resourceDetails
  return (Array.isArray(details) ? details : []).map(objectAt).map(({ path }) => ({
    kind: 'pattern',
    place: textAt(path) ?? '',
  }))
}

const delimitedOf = (step: JsonObject): JsonObject => ({
  delimiter: textAt(step.separator) ?? ',',
  encoding: 'utf8',
  header: step.columnHeadersMode === 0 ? 'no_header' : 'all_files_same_headers',
})

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw refuse('it is neither an MLTable nor JSON')
  }
}

/** What a client says where data lies. Source: `DataPathDto` of the dataset service. */
export function pathsOf(workspace: string, sent: JsonObject): readonly TablePath[] {
  const invalid = (reason: string) => fault('ParameterInvalid', { reason })
  if (isObject(sent.sqlDataPath)) throw invalid('Data in SQL databases can’t be read here.')
  const datastore = textAt(sent.datastoreName)
  const web = textAt(sent.httpUrl)
  if (web) return [{ kind: 'file', place: web }]
  const several = Array.isArray(sent.paths) ? sent.paths.map((one: Json) => textAt(one) ?? '') : []
  const relative = textAt(sent.relativePath)
  const places = several.length > 0 ? several : relative === undefined ? [] : [relative]
  if (!datastore || places.length === 0)
    throw invalid("A data path has a 'datastoreName' and a 'relativePath', or a 'httpUrl'.")
  return places.map((path) => ({ kind: 'pattern', place: datastoreUri(workspace, datastore, path.replace(/^\//, '')) }))
}

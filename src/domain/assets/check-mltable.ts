import { parse } from 'yaml'
import { type Fault, fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, textAt } from '../../json.ts'

/** The transformations of an MLTable. Source: Microsoft's "CLI (v2) mltable YAML schema" and the mltable package. */
const TRANSFORMATIONS: ReadonlySet<string> = new Set([
  'read_delimited',
  'read_parquet',
  'read_json_lines',
  'read_delta_lake',
  'convert_column_types',
  'drop_columns',
  'keep_columns',
  'extract_columns_from_partition_format',
  'extract_partition_format_into_columns',
  'filter',
  'skip',
  'take',
  'take_random_sample',
])
const READERS: ReadonlySet<string> = new Set([...TRANSFORMATIONS].filter((name) => name.startsWith('read_')))
/** What reads paths and no content: the mltable package writes these before the reader. */
const OF_PATHS: ReadonlySet<string> = new Set([
  'extract_columns_from_partition_format',
  'extract_partition_format_into_columns',
])
const PATH_KINDS = ['file', 'folder', 'pattern'] as const

/**
 * The places that an MLTable file names, as it writes them.
 *
 * @throws AssetInvalid where the file is not what the schema of MLTable takes
 */
export function mltablePaths(text: string): readonly string[] {
  const table = document(text)
  const { type, paths, transformations } = table
  if (type !== undefined && type !== 'mltable') throw refuse(`its type is '${textAt(type) ?? JSON.stringify(type)}'`)
  if (!Array.isArray(paths) || paths.length === 0) throw refuse("it needs at least one of 'paths'")
  const places = paths.map(placeOf)
  if (transformations !== undefined && transformations !== null) checkTransformations(transformations)
  return places
}

function document(text: string): JsonObject {
  try {
    const value: unknown = parse(text)
    if (isObject(value)) return value
  } catch (error) {
    throw refuse(`it is no YAML: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''}`)
  }
  throw refuse('it is no YAML mapping')
}

function placeOf(entry: Json, at: number): string {
  const named = isObject(entry) ? PATH_KINDS.filter((kind) => kind in entry) : []
  const [kind] = named
  const place = isObject(entry) && kind ? textAt(entry[kind]) : undefined
  if (named.length !== 1 || !place) throw refuse(`paths[${at}] must have exactly one of ${PATH_KINDS.join(', ')}`)
  return place
}

function checkTransformations(value: Json): void {
  if (!Array.isArray(value)) throw refuse("its 'transformations' must be a list")
  const names = value.map((entry: Json, at) => {
    const name = typeof entry === 'string' ? entry : isObject(entry) ? Object.keys(entry)[0] : undefined
    if (!name || (isObject(entry) && Object.keys(entry).length !== 1)) {
      throw refuse(`transformations[${at}] must name one transformation`)
    }
    if (!TRANSFORMATIONS.has(name)) throw refuse(`transformations[${at}] is '${name}', which is no transformation`)
    return name
  })
  const readers = names.filter((name) => READERS.has(name))
  if (readers.length > 1) throw refuse(`it reads in two ways: ${readers.join(' and ')}`)
  const [first = ''] = names.filter((name) => !OF_PATHS.has(name))
  if (readers.length === 1 && !READERS.has(first)) throw refuse(`'${readers[0]}' must come first`)
}

const refuse = (why: string): Fault => fault('AssetInvalid', { reason: `The MLTable file is invalid: ${why}.` })

import { buffer } from 'node:stream/consumers'
import type { BlobLocation } from '../../compute/engine.ts'
import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { resolveReadable } from '../datastores/resolve-uri.ts'
import type { Deps } from '../deps.ts'
import { parseDelimited } from './delimited.ts'
import type { Table, TablePath } from './mltable-text.ts'

/** A file is read whole up to this many bytes; what is greater is read by a job. */
const MOST_BYTES = 64 * 1024 * 1024
const MOST_FILES = 1000

export interface Rows {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Json[])[]
}

const refuse = (reason: string) => fault('DatasetUnreadable', { reason })

type Needs = Pick<Deps, 'store' | 'blobs'>

/**
 * The first rows of a table, as an MLTable says that they are read: delimited files and JSON lines; columns kept, dropped
 * and converted.
 *
 * @throws DatasetUnreadable for what can't be read here, and why
 */
export async function readRows(
  deps: Needs,
  workspace: string,
  { table, limit }: { readonly table: Table; readonly limit: number },
): Promise<Rows> {
  const [first, ...rest] = table.transformations.map(stepOf)
  const reader = first?.name.startsWith('read_') ? first : undefined
  let found: Rows = { columns: [], rows: [] }
  for (const place of table.paths) {
    for (const file of await filesAt(deps, workspace, place)) {
      if (found.rows.length >= limit) break
      found = joined(found, fileRows(await textOf(deps, file), { reader, limit: limit - found.rows.length }))
    }
  }
  return (reader ? rest : table.transformations.map(stepOf)).reduce(transformed, found)
}

interface Step {
  readonly name: string
  readonly with: Json
}

function stepOf(value: Json): Step {
  if (typeof value === 'string') return { name: value, with: {} }
  const [name = '', options] = Object.entries(objectAt(value))[0] ?? []
  return { name, with: options ?? {} }
}

function fileRows(
  text: string,
  { reader, limit }: { readonly reader: Step | undefined; readonly limit: number },
): Rows {
  if (!reader) throw refuse('it has no reader: its files are files, and no table')
  const options = objectAt(reader.with)
  if (reader.name === 'read_json_lines') return jsonLines(text, limit)
  if (reader.name !== 'read_delimited') throw refuse(`'${reader.name}' is done by a job, not by this service`)
  const header = textAt(options.header) ?? 'all_files_same_headers'
  const all = parseDelimited(text, { delimiter: textAt(options.delimiter) ?? ',', limit: limit + 1 })
  const named = header !== 'no_header' && header !== 'false'
  const columns = named ? (all[0] ?? []) : (all[0] ?? []).map((_, at) => `Column${at + 1}`)
  const rows = all.slice(named ? 1 : 0, named ? limit + 1 : limit)
  const typed = options.infer_column_types === false ? (field: string) => field : guessed
  return { columns, rows: rows.map((row) => columns.map((_, at) => (row[at] === undefined ? null : typed(row[at])))) }
}

function jsonLines(text: string, limit: number): Rows {
  const objects = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .slice(0, limit)
    .map((line, at) => {
      try {
        const value: unknown = JSON.parse(line)
        if (isObject(value)) return value
      } catch {
        // Told below, as any line that is no object.
      }
      throw refuse(`line ${at + 1} of its file is no JSON object`)
    })
  const columns = [...new Set(objects.flatMap((row) => Object.keys(row)))]
  return { columns, rows: objects.map((row) => columns.map((column) => row[column] ?? null)) }
}

/** A field as what it looks like. */
function guessed(field: string): Json {
  if (field === '') return null
  if (/^(true|false)$/i.test(field)) return field.toLowerCase() === 'true'
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(field) ? Number(field) : field
}

function joined(before: Rows, more: Rows): Rows {
  if (before.columns.length === 0) return more
  const columns = [...before.columns, ...more.columns.filter((column) => !before.columns.includes(column))]
  const wide = ({ columns: own, rows }: Rows) =>
    rows.map((row) => columns.map((column) => row[own.indexOf(column)] ?? null))
  return { columns, rows: [...wide(before), ...wide(more)] }
}

const listed = (value: Json | undefined): readonly string[] =>
  (Array.isArray(value) ? value : [value]).map((one) => textAt(one) ?? '')

function transformed(table: Rows, step: Step): Rows {
  switch (step.name) {
    case 'keep_columns':
      return only(table, (column) => listed(step.with).includes(column))
    case 'drop_columns':
      return only(table, (column) => !listed(step.with).includes(column))
    case 'take':
      return { ...table, rows: table.rows.slice(0, Number(step.with)) }
    case 'skip':
      return { ...table, rows: table.rows.slice(Number(step.with)) }
    case 'convert_column_types':
      return (Array.isArray(step.with) ? step.with : []).map(objectAt).reduce(converted, table)
    default:
      throw refuse(`'${step.name}' is done by a job, not by this service`)
  }
}

function only(table: Rows, wanted: (column: string) => boolean): Rows {
  const kept = table.columns.map((column, at) => ({ column, at })).filter(({ column }) => wanted(column))
  return {
    columns: kept.map(({ column }) => column),
    rows: table.rows.map((row) => kept.map(({ at }) => row[at] ?? null)),
  }
}

function converted(table: Rows, conversion: JsonObject): Rows {
  const type = textAt(conversion.column_type) ?? Object.keys(objectAt(conversion.column_type))[0] ?? ''
  const columns = listed(conversion.columns)
  return {
    ...table,
    rows: table.rows.map((row) =>
      row.map((value, at) => (columns.includes(table.columns[at] ?? '') ? cast(value, type) : value)),
    ),
  }
}

function cast(value: Json, type: string): Json {
  if (value === null) return null
  if (type === 'string') return typeof value === 'string' ? value : JSON.stringify(value)
  if (type === 'boolean') return /^(true|1)$/i.test(String(value))
  if (type === 'int' || type === 'float') {
    const number = Number(value)
    return value === '' || Number.isNaN(number) ? null : type === 'int' ? Math.trunc(number) : number
  }
  return value
}

/** The files of a place: one, those of a folder, or those that a pattern names. */
async function filesAt(deps: Needs, workspace: string, { place }: TablePath): Promise<readonly BlobLocation[]> {
  const [, root = place] = /^([^*?[]*\/)[^/]*[*?[]/.exec(place) ?? []
  const at = await resolveReadable(deps.store, workspace, root)
  if (!at || at.anonymous) throw refuse(`'${place}' lies elsewhere, and is read by a job`)
  if (root === place && (await deps.blobs.info(at))) return [at]
  const prefix = at.path === '' || at.path.endsWith('/') ? at.path : `${at.path}/`
  const { items } = await deps.blobs.list({ ...at, path: prefix }, { limit: MOST_FILES })
  const fits = root === place ? () => true : matcher(place.slice(root.length))
  return items.filter(({ name }) => fits(name.slice(prefix.length))).map(({ name }) => ({ ...at, path: name }))
}

/** `*` and `?` within a name, `**` across folders. */
function matcher(pattern: string): (path: string) => boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*\/?|\*|\?/g, (wild) => (wild.startsWith('**') ? '.*' : wild === '*' ? '[^/]*' : '[^/]'))
  const whole = new RegExp(`^${expression}$`)
  return (path) => whole.test(path)
}

async function textOf({ blobs }: Needs, at: BlobLocation): Promise<string> {
  const info = await blobs.info(at)
  if (!info) throw refuse(`'${at.path}' is not there`)
  if (info.size > MOST_BYTES) throw refuse(`'${at.path}' is greater than ${MOST_BYTES} bytes, and is read by a job`)
  return (await buffer(await blobs.read(at))).toString('utf8')
}

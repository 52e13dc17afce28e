import type { IncomingMessage, ServerResponse } from 'node:http'
import type { StorageAccount } from '../../blobs/accounts.ts'
import type { BlobAddress } from '../../blobs/core.ts'
import { fileAccount } from '../../blobs/names.ts'
import { fault } from '../../faults.ts'
import type { RequestContext } from '../../gateway/surface.ts'

/** A request's query: names in lower case, values decoded, `+` left as it is: Azure's clients write spaces as `%20`. */
export type Query = ReadonlyMap<string, string>

/** What a request's target says. */
export interface Target {
  /** The path as it came, encoded, with its leading slash. */
  readonly path: string
  readonly container: string | undefined
  readonly blob: string | undefined
  readonly query: Query
}

/** A request on its way through the blob service. */
export interface Call extends Target {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly context: RequestContext
  readonly account: StorageAccount
  readonly service: 'blob' | 'dfs' | 'file'
  /** The client's API version; '' where it named none. */
  readonly version: string
}

/** Understands a target below an account. @throws InvalidUri, InvalidQueryParameterValue */
export function readTarget(url: string): Target {
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const query = readQuery(mark < 0 ? '' : url.slice(mark + 1))
  const slash = path.indexOf('/', 1)
  const first = decoded(slash < 0 ? path.slice(1) : path.slice(1, slash))
  const rest = slash < 0 ? '' : decoded(path.slice(slash + 1))
  if (first === '') {
    if (rest !== '') throw fault('InvalidUri')
    return { path, container: undefined, blob: undefined, query }
  }
  if (rest !== '') return { path, container: first, blob: rest, query }
  // A name alone is a blob of the root container, unless the request speaks of a container.
  const isContainer = query.get('restype') === 'container' || slash > 0
  return isContainer
    ? { path, container: first, blob: undefined, query }
    : { path, container: '$root', blob: first, query }
}

function readQuery(text: string): Query {
  const query = new Map<string, string>()
  if (text === '') return query
  for (const part of text.split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const name = decoded(equals < 0 ? part : part.slice(0, equals)).toLowerCase()
    const value = equals < 0 ? '' : decoded(part.slice(equals + 1))
    const before = query.get(name)
    query.set(name, before === undefined ? value : `${before},${value}`)
  }
  return query
}

function decoded(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw fault('InvalidUri', {}, { cause })
  }
}

export function header({ request }: Pick<Call, 'request'>, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : value?.join(',')
}

/** The name under which a service's containers are kept: shares stand apart from blob containers. */
export const keptUnder = ({ account, service }: Pick<Call, 'account' | 'service'>): string =>
  service === 'file' ? fileAccount(account.name) : account.name

/** The container of a call that is routed to one. */
export function containerOf(call: Call): { readonly account: string; readonly container: string } {
  return { account: keptUnder(call), container: call.container ?? '' }
}

/** The blob of a call that is routed to one. */
export function blobOf(call: Call): BlobAddress {
  const { container = '', blob = '', query } = call
  const at = { account: keptUnder(call), container, name: blob }
  const snapshot = query.get('snapshot')
  const version = query.get('versionid')
  if (snapshot === undefined && version === undefined) return at
  if (snapshot !== undefined && version !== undefined) throw fault('InvalidQueryParameterValue')
  for (const time of [snapshot, version]) {
    if (time !== undefined && !/^\d{4}-\d{2}-\d{2}T[\d:.]{8,16}Z$/.test(time)) throw fault('InvalidQueryParameterValue')
  }
  return { ...at, ...(snapshot !== undefined && { snapshot }), ...(version !== undefined && { version }) }
}

import { setMetadata, setProperties } from '../../../blobs/blob-writes.ts'
import { changeAccessBelow, setAccess } from '../../../blobs/paths/access.ts'
import { appendPath as append, flushPath as flush } from '../../../blobs/paths/append-path.ts'
import { FOLDER } from '../../../blobs/paths/parents.ts'
import { fault } from '../../../faults.ts'
import { answer, commonHeaders, stampHeaders } from '../answers.ts'
import { blobOf, header } from '../call.ts'
import type { GrantedCall, Plane } from '../plane.ts'
import { bodyChecksums, receiveBody } from '../receive-body.ts'
import { readConditions } from '../request-headers.ts'
import {
  demandHierarchy,
  readContentHeaders,
  readPosition,
  readUserProperties,
  refusePathExtras,
} from './path-headers.ts'

const APPEND_BYTES = 4000 * 1024 * 1024
const CHANGED = 2000

const isTrue = ({ query }: GrantedCall, name: string): boolean => query.get(name)?.toLowerCase() === 'true'

/** Path Append Data; with `flush=true` it is part of the file at once. */
export async function appendPath(plane: Plane, call: GrantedCall): Promise<void> {
  refusePathExtras(call)
  const position = readPosition(call)
  const conditions = readConditions(call)
  const { lease } = conditions
  const received = await receiveBody(plane, call, { limit: APPEND_BYTES })
  const held = lease === undefined ? {} : { lease }
  await append(plane.core, blobOf(call), { position, conditions: held }, received)
  const sums = bodyChecksums(received)
  if (!isTrue(call, 'flush')) return answer(call, 202, { ...sums, 'x-ms-request-server-encrypted': 'false' })
  const flushed = await flush(plane.core, blobOf(call), {
    position: position + received.size,
    retains: true,
    conditions: held,
    properties: {},
  })
  answer(call, 202, { ...stampHeaders(flushed), ...sums, 'x-ms-request-server-encrypted': 'false' })
}

/** Path Flush Data. */
export async function flushPath(plane: Plane, call: GrantedCall): Promise<void> {
  refusePathExtras(call)
  if ((header(call, 'content-length') ?? '0') !== '0') throw fault('InvalidHeaderValue', { header: 'Content-Length' })
  const flushed = await flush(plane.core, blobOf(call), {
    position: readPosition(call),
    retains: isTrue(call, 'retainuncommitteddata'),
    conditions: readConditions(call),
    properties: readContentHeaders(call),
  })
  answer(call, 200, { ...stampHeaders(flushed), 'x-ms-request-server-encrypted': 'false' })
}

/** Path Update, setProperties: user properties in place of all, content headers where there are some. */
export async function setPathProperties({ core }: Plane, call: GrantedCall): Promise<void> {
  const at = blobOf(call)
  const metadata = readUserProperties(call)
  const said = readContentHeaders(call)
  const found = await core.rows.find(at.account, at.container, at.name)
  const mark: Record<string, string> = found?.metadata[FOLDER] === 'true' ? { [FOLDER]: 'true' } : {}
  const conditions = readConditions(call)
  const says = Object.keys(said).length > 0
  let changed = says ? await setProperties(core, at, said, conditions) : undefined
  if (metadata || !changed) {
    // The conditions held already where something was written just before.
    const held = changed ? (conditions.lease === undefined ? {} : { lease: conditions.lease }) : conditions
    changed = await setMetadata(core, at, { ...metadata, ...mark }, held)
  }
  answer(call, 200, stampHeaders(changed))
}

/** Path Set Access Control. */
export async function setPathAccess({ core }: Plane, call: GrantedCall): Promise<void> {
  demandHierarchy(call)
  const [owner, group, permissions, acl] = ['x-ms-owner', 'x-ms-group', 'x-ms-permissions', 'x-ms-acl'].map((name) =>
    header(call, name),
  )
  if (permissions !== undefined && acl !== undefined) throw fault('InvalidHeaderValue', { header: 'x-ms-acl' })
  if ((owner ?? group ?? permissions ?? acl) === undefined) {
    throw fault('MissingRequiredHeader', { header: 'x-ms-acl' })
  }
  const stamp = await setAccess(core, blobOf(call), { owner, group, permissions, acl }, readConditions(call))
  answer(call, 200, stampHeaders(stamp))
}

/** Path Set Access Control Recursive: a page at a time, which the client continues. */
export async function setAccessBelow({ core }: Plane, call: GrantedCall): Promise<void> {
  demandHierarchy(call)
  const mode = call.query.get('mode')?.toLowerCase()
  if (mode !== 'set' && mode !== 'modify' && mode !== 'remove') throw fault('InvalidQueryParameterValue')
  const text = header(call, 'x-ms-acl')
  if (text === undefined) throw fault('MissingRequiredHeader', { header: 'x-ms-acl' })
  const records = Number(call.query.get('maxrecords') ?? CHANGED)
  if (!Number.isInteger(records) || records < 1) throw fault('OutOfRangeQueryParameterValue')
  const continuation = call.query.get('continuation') ?? ''
  const { directories, files, next } = await changeAccessBelow(core, blobOf(call), {
    mode,
    text,
    limit: Math.min(records, CHANGED),
    after: continuation === '' ? undefined : Buffer.from(continuation, 'base64url').toString(),
  })
  const told = { directoriesSuccessful: directories, filesSuccessful: files, failureCount: 0, failedEntries: [] }
  const body = Buffer.from(JSON.stringify(told))
  call.response.writeHead(200, {
    ...commonHeaders(call, call.version),
    'Content-Type': 'application/json;charset=utf-8',
    'Content-Length': body.length,
    ...(next !== undefined && { 'x-ms-continuation': Buffer.from(next).toString('base64url') }),
  })
  call.response.end(body)
}

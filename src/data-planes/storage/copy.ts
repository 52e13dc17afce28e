import { randomUUID } from 'node:crypto'
import type { StorageAccount } from '../../blobs/accounts.ts'
import { copyBlob as copy } from '../../blobs/copies.ts'
import { fault } from '../../faults.ts'
import { answer, stampHeaders } from './answers.ts'
import { demandToken, isAllowed, sasContext } from './authorize.ts'
import { blobOf, header, readTarget, type Target } from './call.ts'
import type { GrantedCall, Plane } from './plane.ts'
import { hasMetadata, readConditions, readMetadata } from './request-headers.ts'
import { demandSas, hasSas } from './shared-access.ts'
import { NOT_ENCRYPTED, writeConditions } from './write-blob.ts'

interface Source extends Target {
  readonly account: StorageAccount
}

/** Copy Blob: done when it is answered, whatever its size, so the status is `success` at once. */
export async function copyBlob(plane: Plane, call: GrantedCall): Promise<void> {
  const id = randomUUID()
  const blob = await copied(plane, call, id)
  answer(call, 202, { ...stampHeaders(blob), 'x-ms-copy-id': id, 'x-ms-copy-status': 'success' })
}

/** Put Blob From URL, for sources of this install. */
export async function putBlobFromUrl(plane: Plane, call: GrantedCall): Promise<void> {
  if (header(call, 'x-ms-blob-type') !== 'BlockBlob') throw fault('InvalidHeaderValue', { header: 'x-ms-blob-type' })
  answer(call, 201, { ...stampHeaders(await copied(plane, call, randomUUID())), ...NOT_ENCRYPTED })
}

async function copied(plane: Plane, call: GrantedCall, id: string) {
  const text = header(call, 'x-ms-copy-source') ?? ''
  if ((header(call, 'content-length') ?? '0') !== '0') throw fault('InvalidHeaderValue', { header: 'Content-Length' })
  const source = await sourceAt(plane, call, text)
  await demandReadable(plane, call, source)
  const from = { account: source.account.name, container: source.container ?? '', name: source.blob ?? '' }
  return copy(plane.core, from, blobOf(call), {
    conditions: writeConditions(call),
    sourceConditions: readConditions(call, 'x-ms-source-'),
    ...(hasMetadata(call) && { metadata: readMetadata(call) }),
    // A SAS in the source's URL is a secret: it is not shown with the copy.
    copy: { id, source: text.split('?', 1)[0] ?? '' },
  })
}

/** What a source's URL names here. @throws ForeignCopySource, InvalidHeaderValue, InvalidUri */
async function sourceAt({ accounts }: Plane, { context }: GrantedCall, text: string): Promise<Source> {
  if (!URL.canParse(text)) throw fault('InvalidHeaderValue', { header: 'x-ms-copy-source' })
  // How this origin writes an account's URL says how to read one.
  const mark = 'lazuli0mark'
  const [before = '', after = ''] = withoutScheme(context.origin.blob(mark)).split(mark)
  const rest = withoutScheme(text)
  const name = rest.toLowerCase().startsWith(before) ? rest.slice(before.length).split(/[./?]/, 1)[0] : undefined
  const below = name === undefined ? '' : rest.slice(before.length + name.length)
  if (!name || !below.toLowerCase().startsWith(`${after}/`)) throw fault('ForeignCopySource')
  const account = await accounts.get(name.toLowerCase())
  if (!account) throw fault('ForeignCopySource')
  const target = readTarget(below.slice(after.length))
  if (target.blob === undefined) throw fault('InvalidHeaderValue', { header: 'x-ms-copy-source' })
  if (target.query.has('snapshot')) throw fault('NotImplementedHere', { operation: 'Copying a snapshot' })
  return { ...target, account }
}

const withoutScheme = (url: string): string => url.replace(/^https?:\/\//i, '')

const READ = [{ action: 'blobServices/containers/blobs/read', kind: 'dataActions' }] as const

/** @throws CannotVerifyCopySource, AuthorizationPermissionMismatch, and what a SAS may lack */
async function demandReadable(plane: Plane, call: GrantedCall, source: Source): Promise<void> {
  if (hasSas(source)) {
    const access = await demandSas({ ...source, request: call.request }, sasContext(plane, source))
    const isObject = access.kind === 'service' || access.resourceTypes.includes('o')
    if (access.permissions.includes('r') && isObject) return
    throw fault('AuthorizationPermissionMismatch')
  }
  const bearer = header(call, 'x-ms-copy-source-authorization')
  if (bearer !== undefined) {
    if (await isAllowed(plane, source, await demandToken(plane, call, bearer), READ)) return
    throw fault('AuthorizationPermissionMismatch')
  }
  const { asker } = call
  if (asker.by === 'key' && source.account.name === call.account.name) return
  if (asker.by === 'token' && (await isAllowed(plane, source, asker.caller, READ))) return
  if (isOwnSas(call, source)) return
  const container = await plane.core.rows.container(source.account.name, source.container ?? '')
  if (source.account.allowsPublicAccess && container?.publicAccess) return
  throw fault('CannotVerifyCopySource')
}

/** The SAS of the call itself reads the source too: it is for the account, or for the container of both. */
function isOwnSas({ asker, account }: GrantedCall, source: Source): boolean {
  if (asker.by !== 'sas' || source.account.name !== account.name || !asker.access.permissions.includes('r'))
    return false
  const { access } = asker
  if (access.kind === 'account') return access.resourceTypes.includes('o')
  return access.blob === undefined ? access.container === source.container : false
}

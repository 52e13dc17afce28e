import type { OutgoingHttpHeaders } from 'node:http'
import { permissionsOf } from '../../../blobs/paths/acl.ts'
import { FOLDER } from '../../../blobs/paths/parents.ts'
import { fault } from '../../../faults.ts'
import type { BlobProperties, PathAccess } from '../../../store/blobs.ts'
import { type Call, header } from '../call.ts'

/** User properties as `name=base64,name=base64`. @throws InvalidHeaderValue */
export function readUserProperties(call: Call): Record<string, string> | undefined {
  const text = header(call, 'x-ms-properties')
  if (text === undefined) return undefined
  const metadata: Record<string, string> = {}
  for (const part of text.split(',')) {
    if (part.trim() === '') continue
    const [, name = '', value = ''] = /^([A-Za-z_]\w*)=([A-Za-z0-9+/]*={0,2})$/.exec(part.trim()) ?? []
    if (name === '') throw fault('InvalidHeaderValue', { header: 'x-ms-properties' })
    Object.defineProperty(metadata, name, { value: Buffer.from(value, 'base64').toString('utf8'), enumerable: true })
  }
  return metadata
}

export const userProperties = (metadata: Readonly<Record<string, string>>): string =>
  Object.entries(metadata)
    .filter(([name]) => name !== FOLDER)
    .map(([name, value]) => `${name}=${Buffer.from(value).toString('base64')}`)
    .join(',')

/** What is said of a path's content: the names without `blob`. */
export function readContentHeaders(call: Call): BlobProperties {
  const contentType = header(call, 'x-ms-content-type')
  const contentEncoding = header(call, 'x-ms-content-encoding')
  const contentLanguage = header(call, 'x-ms-content-language')
  const contentDisposition = header(call, 'x-ms-content-disposition')
  const cacheControl = header(call, 'x-ms-cache-control')
  const contentMd5 = header(call, 'x-ms-content-md5')
  return {
    ...(contentType && { contentType }),
    ...(contentEncoding && { contentEncoding }),
    ...(contentLanguage && { contentLanguage }),
    ...(contentDisposition && { contentDisposition }),
    ...(cacheControl && { cacheControl }),
    ...(contentMd5 && { contentMd5 }),
  }
}

export const accessHeaders = (access: PathAccess): OutgoingHttpHeaders => ({
  'x-ms-owner': access.owner,
  'x-ms-group': access.group,
  'x-ms-permissions': permissionsOf(access.acl),
})

/** @throws NotImplementedHere: what a path may carry that is not done here */
export function refusePathExtras(call: Call): void {
  const extras = [
    ['x-ms-expiry-option', 'An expiry time of a file'],
    ['x-ms-encryption-context', 'An encryption context'],
    ['x-ms-lease-action', 'A lease action of an append or flush'],
  ] as const
  for (const [name, operation] of extras) {
    if (header(call, name) !== undefined) throw fault('NotImplementedHere', { operation })
  }
}

/** @throws MissingRequiredQueryParameter, InvalidQueryParameterValue */
export function readPosition(call: Call): number {
  const text = call.query.get('position')
  if (text === undefined) throw fault('MissingRequiredQueryParameter', { parameter: 'position' })
  if (!/^\d{1,15}$/.test(text)) throw fault('InvalidQueryParameterValue')
  return Number(text)
}

/** @throws HierarchicalNamespaceNotEnabled */
export function demandHierarchy({ account }: Call): void {
  if (!account.isHierarchical) throw fault('HierarchicalNamespaceNotEnabled')
}

import { type Call, header } from './call.ts'
import type { Operation, Right } from './plane.ts'

const data = (verb: string): Right => ({ action: `blobServices/containers/blobs/${verb}`, kind: 'dataActions' })

/**
 * All that a call needs, each part as an operation of its own would: a write that brings tags sets them, a condition on
 * tags reads them, and a version that is named is deleted by a right of its own.
 *
 * Source: Azure's "Create a service SAS", permissions for a blob; "Conditional headers".
 */
export function demandsOf(call: Call, operation: Operation): readonly Operation[] {
  if (operation.level !== 'blob' || call.service === 'file') return [operation]
  const { lists: _, public: __, ...alone } = operation
  const version = operation.name === 'Delete Blob' && call.query.has('versionid')
  const own = version
    ? { ...alone, accountSas: 'x', serviceSas: 'x', rights: [data('deleteBlobVersion/action')] }
    : operation
  const tags = (verb: string): Operation => ({
    ...alone,
    accountSas: 't',
    serviceSas: 't',
    rights: [data(`tags/${verb}`)],
  })
  return [
    own,
    ...(header(call, 'x-ms-tags') === undefined ? [] : [tags('write')]),
    ...(header(call, 'x-ms-if-tags') === undefined ? [] : [tags('read')]),
  ]
}

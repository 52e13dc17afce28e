import { restorePath, undelete } from '../../blobs/deletes.ts'
import { normalPath } from '../../blobs/paths/parents.ts'
import { fault } from '../../faults.ts'
import { answer } from './answers.ts'
import { blobOf, header, readTarget } from './call.ts'
import type { GrantedCall, Plane } from './plane.ts'

/**
 * Undelete Blob: everything that was deleted under a name. Path Undelete, which clients send to the blob service as well:
 * one deletion of a path, by its id.
 */
export async function undeleteBlob({ core }: Plane, call: GrantedCall): Promise<void> {
  const source = header(call, 'x-ms-undelete-source')
  if (source === undefined) {
    await undelete(core, blobOf(call))
    return answer(call, 200, call.service === 'dfs' ? { 'x-ms-resource-type': 'file' } : {})
  }
  const { blob = '', query } = readTarget(`/${call.container}/${source.replace(/^\/+/, '')}`)
  const id = query.get('deletionid') ?? ''
  if (blob === '' || id === '') throw fault('InvalidHeaderValue', { header: 'x-ms-undelete-source' })
  const { isFolder } = await restorePath(core, blobOf(call), { name: normalPath(blob), id })
  answer(call, 200, { 'x-ms-resource-type': isFolder ? 'directory' : 'file' })
}

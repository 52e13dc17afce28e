import { containerFor } from '../../../blobs/contents.ts'
import { fault } from '../../../faults.ts'
import { answer, answerXml } from '../answers.ts'
import { containerOf } from '../call.ts'
import type { GrantedCall, Plane } from '../plane.ts'
import { XML } from '../xml.ts'

/** List Handles and Force Close Handles: a handle is SMB's, which is not spoken here, so there never is one. */
export async function listHandles({ core }: Plane, call: GrantedCall): Promise<void> {
  const { account, container } = containerOf(call)
  const share = await containerFor(core.rows, account, container)
  if (call.blob && !(await core.rows.blob(share.id, call.blob))) throw fault('BlobNotFound')
  if (call.request.method === 'PUT') {
    return answer(call, 200, { 'x-ms-number-of-handles-closed': 0, 'x-ms-number-of-handles-failed': 0 })
  }
  answerXml(call, `${XML}<EnumerationResults><Entries /><NextMarker /></EnumerationResults>`)
}

import { fault } from '../../faults.ts'
import { type JsonObject, textAt } from '../../json.ts'
import type { Repositories } from '../../store/store.ts'
import { resolveUri } from '../datastores/resolve-uri.ts'

/** @throws CodeInvalid where a code names no folder that this server holds */
export async function checkCode(from: Repositories, workspace: string, { codeUri }: JsonObject): Promise<void> {
  const uri = textAt(codeUri)
  if (!uri)
    throw fault('CodeInvalid', { reason: "A code needs a 'codeUri': upload its files first (startPendingUpload)." })
  if (!(await resolveUri(from, workspace, uri))) {
    throw fault('CodeInvalid', { reason: `The codeUri '${uri}' is in no storage account of this workspace.` })
  }
}

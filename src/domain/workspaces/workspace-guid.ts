import { createHash } from 'node:crypto'
import { textAt } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'

/**
 * The GUID of a workspace. It follows from its id and the time of its making, so that one that is made again has
 * another, and a creation that a crash broke off goes on with the same.
 */
export function workspaceGuid(workspace: StoredResource): string {
  const kept = textAt(workspace.state.workspaceId)
  if (kept !== undefined) return kept
  const hash = createHash('sha256')
    .update(`${foldId(workspace.id)}|${workspace.system.createdAt}`)
    .digest('hex')
  const variant = '89ab'[Number.parseInt(hash[16] ?? '0', 16) % 4]
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `4${hash.slice(13, 16)}`,
    `${variant}${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-')
}

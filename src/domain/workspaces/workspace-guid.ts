import { textAt } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import { guidOf } from '../guid.ts'

/**
 * The GUID of a workspace. It follows from its id and the time of its making, so that one that is made again has
 * another, and a creation that a crash broke off goes on with the same.
 */
export const workspaceGuid = (workspace: StoredResource): string =>
  textAt(workspace.state.workspaceId) ?? guidOf(`${foldId(workspace.id)}|${workspace.system.createdAt}`)

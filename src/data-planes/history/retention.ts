import { Type } from 'typebox'
import { fault } from '../../faults.ts'
import { operation, type Workspace } from '../operation.ts'

const configuration = ({ id }: Workspace) => ({ workspaceId: id, isEnabled: false, cutoffDays: null })

/** Whether runs are deleted by their age: they never are here. */
export const retentionOperations = [
  operation({
    name: 'Delete.getConfiguration',
    method: 'GET',
    path: '/deleteConfiguration',
    right: 'experiments/read',
    answer: async (_deps, { workspace }) => configuration(workspace),
  }),
  operation({
    name: 'Delete.patchConfiguration',
    method: 'PATCH',
    path: '/deleteConfiguration',
    right: 'experiments/runs/delete',
    body: Type.Object({ isEnabled: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])) }),
    async answer(_deps, { workspace, body }) {
      if (body.isEnabled) throw fault('RunsAreKept', {})
      return configuration(workspace)
    },
  }),
]

import type { ScopeOperation } from '../../arm/define-resource.ts'
import { fault } from '../../faults.ts'
import { textAt } from '../../json.ts'

/** Moving resources to another group, and asking whether they could be: each type's declaration says whether it moves. */
export const moveOperations: readonly ScopeOperation[] = (['moveResources', 'validateMoveResources'] as const).map(
  (name) => ({
    method: 'POST',
    path: `/${name}`,
    scope: 'resourceGroup',
    right: `subscriptions/resourceGroups/${name}/action`,
    async answer(_deps, { body, scope, context, arm }) {
      const ids = Array.isArray(body.resources) ? body.resources : []
      const target = textAt(body.targetResourceGroup)
      if (target === undefined) throw fault('InvalidRequestContent', { reason: "'targetResourceGroup' is missing" })
      await arm.moveResources({
        from: scope,
        ids: ids.map((id) => textAt(id) ?? String(id)),
        target,
        caller: context.caller,
        apiVersion: context.apiVersion,
        commit: name === 'moveResources',
      })
      return { status: 204 }
    },
  }),
)

import { ROLE_ASSIGNMENTS, roleIdOf } from '../domain/roles/assign-role.ts'
import { builtInRoles } from '../domain/roles/roles.ts'
import { fault } from '../faults.ts'
import { objectAt, textAt } from '../json.ts'
import { foldId } from '../resource-id.ts'
import type { Store } from '../store/store.ts'
import type { AccessControl, Caller } from './identity.ts'
import { type ActionKind, type Permissions, permissionsOf } from './permissions.ts'

interface Assignment {
  /** Folded; '' for the tenant. */
  readonly scope: string
  readonly permissions: Permissions
}

/** How many principals' assignments are kept compiled. */
const KEPT = 1_000
/** What a run may do in its workspace, and nothing outside of it. */
const RUN_ROLE = 'f6c7c914-8db3-469d-8ca1-694a8f32e121'

const roles: ReadonlyMap<string, Permissions> = new Map(builtInRoles.map((role) => [role.id, permissionsOf(role)]))

/**
 * Decides by role assignments, which are resources. A principal's assignments are compiled on its first question and
 * kept until any assignment changes.
 */
export function roleAccessControl({ store }: { store: Store }): AccessControl {
  const compiled = new Map<string, readonly Assignment[]>()
  let epoch = 0
  store.onResourceChange(ROLE_ASSIGNMENTS, () => {
    epoch++
    compiled.clear()
  })

  async function compile(objectId: string): Promise<readonly Assignment[]> {
    const asked = epoch
    const { items } = await store.resources.ofType('', ROLE_ASSIGNMENTS, {
      where: { 'properties.principalId': objectId },
    })
    const found = items.flatMap(({ id, body }): Assignment[] => {
      const permissions = roles.get(roleIdOf(textAt(objectAt(body.properties).roleDefinitionId) ?? ''))
      return permissions ? [{ scope: scopeOf(id), permissions }] : []
    })
    if (compiled.size >= KEPT) compiled.clear()
    // What was read before a change must not be kept after it.
    if (asked === epoch) compiled.set(objectId, found)
    return found
  }

  async function allows(caller: Caller, action: string, scope: string, kind: ActionKind = 'actions'): Promise<boolean> {
    const key = keyOf(scope)
    if (caller.run) {
      return isWithin(key, keyOf(caller.run.workspace)) && (roles.get(RUN_ROLE)?.allow(action, kind) ?? false)
    }
    const assignments = compiled.get(caller.objectId) ?? (await compile(caller.objectId))
    return assignments.some((one) => isWithin(key, one.scope) && one.permissions.allow(action, kind))
  }

  return {
    allows,
    async demand(caller, action, scope, kind) {
      if (await allows(caller, action, scope, kind)) return
      const { objectId } = caller
      throw fault('AuthorizationFailed', { client: caller.appId ?? objectId, objectId, action, scope })
    },
  }
}

const keyOf = (scope: string): string => (scope === '' || scope === '/' ? '' : foldId(scope))

/** The scope that an assignment's id stands at: everything before its own `/providers/…`. */
const scopeOf = (id: string): string => {
  const key = foldId(id)
  return key.slice(0, key.lastIndexOf('/providers/microsoft.authorization/'))
}

const isWithin = (key: string, scope: string): boolean =>
  key === scope || (key.startsWith(scope) && key.charCodeAt(scope.length) === 47)

import { assignmentsOf, ROLE_ASSIGNMENTS } from '../domain/roles/assignments.ts'
import { builtInRole, ROLE_DEFINITIONS } from '../domain/roles/find-role.ts'
import { type ActionKind, type Permissions, permissionsOf } from '../domain/roles/permissions.ts'
import type { Role } from '../domain/roles/role.ts'
import { isWithin, scopeKey } from '../domain/roles/scopes.ts'
import { fault } from '../faults.ts'
import type { Store } from '../store/store.ts'
import type { AccessControl, Caller } from './identity.ts'

/** What a principal's roles allow, by the folded scope where each is assigned; '' is the tenant. */
type Assigned = ReadonlyMap<string, readonly Permissions[]>

export interface RoleAccessControl extends AccessControl {
  /** Compiles anew from now on: somebody joined or left a group. */
  forget(): void
}

/** How many principals' assignments are kept compiled. */
const KEPT = 1_000
/** What a run may do in its workspace, and nothing outside of it. */
const RUN_ROLE = 'f6c7c914-8db3-469d-8ca1-694a8f32e121'

/**
 * Decides by role assignments and role definitions, which are resources. A principal's assignments are compiled on its
 * first question and kept until any assignment or custom role changes.
 */
export function roleAccessControl({ store }: { store: Store }): RoleAccessControl {
  const compiled = new Map<string, Assigned>()
  /** Those of the built-in roles, which are the same for everybody. */
  const shared = new Map<string, Permissions>()
  const runRole = builtInRole(RUN_ROLE)
  const runPermissions = runRole && permissionsOf(runRole)
  let epoch = 0
  const forget = (): void => {
    epoch++
    compiled.clear()
  }
  for (const type of [ROLE_ASSIGNMENTS, ROLE_DEFINITIONS]) store.onResourceChange(type, forget)

  async function compile(objectId: string): Promise<Assigned> {
    const asked = epoch
    const held = await assignmentsOf(store, objectId)
    const found = new Map<string, readonly Permissions[]>()
    for (const { scope, role } of held) found.set(scope, [...(found.get(scope) ?? []), compiledRole(role)])
    if (compiled.size >= KEPT) compiled.clear()
    // What was read before a change must not be kept after it.
    if (asked === epoch) compiled.set(objectId, found)
    return found
  }

  function compiledRole(role: Role): Permissions {
    if (!builtInRole(role.id)) return permissionsOf(role)
    const known = shared.get(role.id) ?? permissionsOf(role)
    shared.set(role.id, known)
    return known
  }

  async function allows(caller: Caller, action: string, scope: string, kind: ActionKind = 'actions'): Promise<boolean> {
    const key = scopeKey(scope)
    if (caller.run) {
      return isWithin(key, scopeKey(caller.run.workspace)) && (runPermissions?.allow(action, kind) ?? false)
    }
    const assigned = compiled.get(caller.objectId) ?? (await compile(caller.objectId))
    // Outwards from the scope to the tenant: as many looks as it has segments, however many assignments there are.
    for (let at = key; ; at = at.slice(0, Math.max(at.lastIndexOf('/'), 0))) {
      if (assigned.get(at)?.some((permissions) => permissions.allow(action, kind))) return true
      if (at === '') return false
    }
  }

  return {
    allows,
    async holdsWithin(caller, scope) {
      const key = scopeKey(scope)
      if (caller.run) return isWithin(scopeKey(caller.run.workspace), key)
      const assigned = compiled.get(caller.objectId) ?? (await compile(caller.objectId))
      return assigned.keys().some((one) => isWithin(one, key))
    },
    forget,
    async demand(caller, action, scope, kind) {
      if (await allows(caller, action, scope, kind)) return
      const { objectId } = caller
      throw fault('AuthorizationFailed', { client: caller.appId ?? objectId, objectId, action, scope })
    },
  }
}

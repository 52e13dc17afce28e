import type { Repositories } from '../../store/store.ts'
import { assignmentsOf } from './assignments.ts'
import { type ActionKind, permissionsOf } from './permissions.ts'
import type { Role } from './role.ts'
import { isWithin, scopeKey } from './scopes.ts'

export interface AccessQuestion {
  readonly objectId: string
  readonly action: string
  readonly scope: string
  readonly kind: ActionKind
}

export interface AccessVerdict {
  readonly assignment: string
  readonly role: string
  /** '/' for the tenant. */
  readonly scope: string
  readonly allows: boolean
  readonly why: string
}

export interface AccessExplanation {
  readonly allowed: boolean
  /** Those that allow it first. */
  readonly assignments: readonly AccessVerdict[]
}

/** Which assignment of a principal allows an action, or why each does not. By the rules of every request, step by step. */
export async function explainAccess(
  from: Pick<Repositories, 'resources' | 'directory'>,
  { objectId, action, scope, kind }: AccessQuestion,
): Promise<AccessExplanation> {
  const key = scopeKey(scope)
  const held = await assignmentsOf(from, objectId)
  const verdicts = held.map(({ id, scope: at, role }): AccessVerdict => {
    const reaches = isWithin(key, at)
    const grants = permissionsOf(role).allow(action, kind)
    return {
      assignment: id,
      role: role.name,
      scope: at === '' ? '/' : at,
      allows: reaches && grants,
      why: reaches ? reasonOf(role, { action, kind, grants }) : 'its scope does not reach the one that is asked for',
    }
  })
  return {
    allowed: verdicts.some(({ allows }) => allows),
    assignments: verdicts.toSorted((a, b) => Number(b.allows) - Number(a.allows)),
  }
}

function reasonOf(
  role: Role,
  { action, kind, grants }: { readonly action: string; readonly kind: ActionKind; readonly grants: boolean },
): string {
  if (grants) return `its ${kind} contain it`
  const [allowed, excepted] =
    kind === 'actions' ? (['actions', 'notActions'] as const) : (['dataActions', 'notDataActions'] as const)
  const without = permissionsOf({ ...role, [excepted]: [] }).allow(action, kind)
  return without ? `its ${excepted} take it away` : `its ${allowed} do not contain it`
}

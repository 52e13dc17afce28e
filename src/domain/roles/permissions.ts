import type { Role } from './role.ts'

export type ActionKind = 'actions' | 'dataActions'

/** A role, ready to be asked. */
export interface Permissions {
  allow(action: string, kind: ActionKind): boolean
}

/** How many answers a role keeps; there are a few hundred actions, and a name in one must not fill the memory. */
const KEPT = 2_000

export function permissionsOf(role: Role): Permissions {
  return {
    allow: rememberByKind(matcher(role.actions, role.notActions), matcher(role.dataActions, role.notDataActions)),
  }
}

function rememberByKind(actions: (action: string) => boolean, dataActions: (action: string) => boolean) {
  const kept = { actions: new Map<string, boolean>(), dataActions: new Map<string, boolean>() }
  return (action: string, kind: ActionKind): boolean => {
    const known = kept[kind].get(action)
    if (known !== undefined) return known
    const answer = (kind === 'actions' ? actions : dataActions)(action)
    if (kept[kind].size >= KEPT) kept[kind].clear()
    kept[kind].set(action, answer)
    return answer
  }
}

function matcher(patterns: readonly string[], exceptions: readonly string[]): (action: string) => boolean {
  const allowed = patterns.map(pattern)
  const excepted = exceptions.map(pattern)
  return (action) => allowed.some((one) => one.test(action)) && !excepted.some((one) => one.test(action))
}

/**
 * A star stands for any text, and one that is a whole segment for none too: a role that has all writes of a workspace's
 * parts has `computes/write`, and the exception of `computes`' writes takes it away again.
 */
const pattern = (text: string): RegExp =>
  new RegExp(
    `^${text
      .split('/*/')
      .map((part) => part.split('*').map(escaped).join('.*'))
      .join('/(?:.*/)?')}$`,
    'i',
  )

const escaped = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&')

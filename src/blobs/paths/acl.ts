import { fault } from '../../faults.ts'
import type { PathAccess } from '../../store/blobs.ts'

/** Who owns what nobody in particular made: as Azure calls the holder of the account's key. */
export const SUPERUSER = '$superuser'

/** An entry of an access control list. */
interface Entry {
  readonly isDefault: boolean
  readonly kind: 'user' | 'group' | 'mask' | 'other'
  /** An object id; '' is the owner, or the owning group. */
  readonly name: string
  /** `rwx`, `r--` …; undefined where an entry is only named, to be removed. */
  readonly permissions: string
}

const ENTRY = /^(default:)?(user|group|mask|other):([^:,]*)(?::([r-][w-][xtT-]))?$/

/** @throws InvalidAcl */
function parse(text: string, { named = false }: { readonly named?: boolean } = {}): readonly Entry[] {
  return text.split(',').map((part) => {
    const [whole, isDefault, kind, name = '', permissions] = ENTRY.exec(part.trim()) ?? []
    const isKind = kind === 'user' || kind === 'group' || kind === 'mask' || kind === 'other'
    if (whole === undefined || !isKind || (permissions === undefined) !== named)
      throw fault('InvalidAcl', { entry: part })
    if (name !== '' && (kind === 'mask' || kind === 'other')) throw fault('InvalidAcl', { entry: part })
    return { isDefault: isDefault !== undefined, kind, name, permissions: permissions ?? '' }
  })
}

const keyOf = ({ isDefault, kind, name }: Entry): string =>
  `${isDefault ? 'default:' : ''}${kind}:${name.toLowerCase()}`

const RANK = ['user', 'group', 'mask', 'other']

const render = (entries: readonly Entry[]): string =>
  entries
    .toSorted(
      (a, b) =>
        Number(a.isDefault) - Number(b.isDefault) ||
        RANK.indexOf(a.kind) - RANK.indexOf(b.kind) ||
        Number(a.name !== '') - Number(b.name !== ''),
    )
    .map(({ isDefault, kind, name, permissions }) => `${isDefault ? 'default:' : ''}${kind}:${name}:${permissions}`)
    .join(',')

/** A list as it is kept. Files have no entries for new children. @throws InvalidAcl */
export function demandAcl(text: string, { isDirectory }: { readonly isDirectory: boolean }): string {
  const entries = parse(text)
  for (const scope of isDirectory ? [false, true] : [false]) {
    const inScope = entries.filter((one) => one.isDefault === scope)
    if (scope && inScope.length === 0) continue
    for (const kind of ['user', 'group', 'other']) {
      if (!inScope.some((one) => one.kind === kind && one.name === '')) {
        throw fault('InvalidAcl', { entry: `${kind}:: is missing` })
      }
    }
  }
  if (!isDirectory && entries.some((one) => one.isDefault)) throw fault('DefaultAclOnFile')
  if (new Set(entries.map(keyOf)).size !== entries.length)
    throw fault('InvalidAcl', { entry: 'an entry is given twice' })
  return render(withMasks(entries))
}

/** Named entries need a mask: where none is given, it is all that they and the group have. */
function withMasks(entries: readonly Entry[]): readonly Entry[] {
  return [false, true].flatMap((isDefault) => {
    const inScope = entries.filter((one) => one.isDefault === isDefault)
    const isNamed = inScope.some(({ name }) => name !== '')
    if (!isNamed || inScope.some(({ kind }) => kind === 'mask')) return inScope
    const masked = inScope.filter(({ kind, name }) => kind === 'group' || (kind === 'user' && name !== ''))
    const permissions = [...'rwx']
      .map((one) => (masked.some((entry) => entry.permissions.includes(one)) ? one : '-'))
      .join('')
    return [...inScope, { isDefault, kind: 'mask' as const, name: '', permissions }]
  })
}

/** Lays entries over a list, or takes those that are named out of it. @throws InvalidAcl */
export function changeAcl(
  acl: string,
  change: { readonly mode: 'set' | 'modify' | 'remove'; readonly text: string },
  { isDirectory }: { readonly isDirectory: boolean },
): string {
  const named = change.mode === 'remove'
  const asked = parse(change.text, { named }).filter((one) => isDirectory || !one.isDefault)
  if (change.mode === 'set') return demandAcl(render(asked), { isDirectory })
  const keys = new Set(asked.map(keyOf))
  const kept = parse(acl).filter((one) => !keys.has(keyOf(one)))
  if (named) {
    if (asked.some((one) => !one.isDefault && one.name === '' && one.kind !== 'mask')) {
      throw fault('InvalidAcl', { entry: 'the entries of the owner, the owning group and others stay' })
    }
    return render(withMasks(kept))
  }
  return demandAcl(render([...kept, ...asked]), { isDirectory })
}

/** `rwxr-x---` or `0750` as a list. @throws InvalidPermissions */
export function aclOfPermissions(text: string): string {
  const octal = /^[01]?([0-7])([0-7])([0-7])$/.exec(text)
  const symbols = /^([r-][w-][xsS-])([r-][w-][xsS-])([r-][w-][xtT-])\+?$/.exec(text)
  if (!(octal ?? symbols)) throw fault('InvalidPermissions', { permissions: text })
  const parts = octal ? octal.slice(1).map((digit) => bits(Number(digit))) : (symbols?.slice(1) ?? [])
  const [user = '---', group = '---', other = '---'] = parts.map((part) => part.replace(/[sStT]$/, 'x'))
  return `user::${user},group::${group},other::${other}`
}

const bits = (digit: number): string => `${digit & 4 ? 'r' : '-'}${digit & 2 ? 'w' : '-'}${digit & 1 ? 'x' : '-'}`

/** A list in the short form: the mask stands for the group where there is one, and a plus for further entries. */
export function permissionsOf(acl: string): string {
  const entries = parse(acl).filter((one) => !one.isDefault)
  const one = (kind: Entry['kind']) => entries.find((entry) => entry.kind === kind && entry.name === '')?.permissions
  const isExtended = acl.includes('default:') || entries.some(({ kind, name }) => kind === 'mask' || name !== '')
  return `${one('user')}${one('mask') ?? one('group')}${one('other')}${isExtended ? '+' : ''}`
}

/** Keeps the owner's entries in step with a short form, and further ones as they are. */
export function withPermissions(acl: string, permissions: string): string {
  const wished = parse(aclOfPermissions(permissions))
  const entries = parse(acl)
  const hasMask = entries.some(({ kind, isDefault }) => kind === 'mask' && !isDefault)
  return render(
    entries.map((entry) => {
      if (entry.isDefault || entry.name !== '') return entry
      const kind = hasMask && entry.kind === 'mask' ? 'group' : entry.kind
      if (hasMask && entry.kind === 'group') return entry
      return { ...entry, permissions: wished.find((one) => one.kind === kind)?.permissions ?? entry.permissions }
    }),
  )
}

/** Who may do what with a new path: what its folder says of new children, or else its maker's mask. */
export function accessOfNew(
  parent: PathAccess | undefined,
  options: {
    readonly isDirectory: boolean
    readonly owner: string
    readonly permissions?: string | undefined
    readonly umask?: string | undefined
    readonly acl?: string | undefined
  },
): PathAccess {
  const { isDirectory, owner, permissions, umask, acl } = options
  const whole = { owner, group: parent?.group ?? SUPERUSER }
  if (acl !== undefined) return { ...whole, acl: demandAcl(acl, { isDirectory }) }
  const inherited = parent ? parse(parent.acl).filter((one) => one.isDefault) : []
  if (inherited.length > 0) {
    const own = inherited.map((one) => ({ ...one, isDefault: false }))
    const masked = permissions === undefined ? own : parse(withPermissions(render(own), permissions))
    return { ...whole, acl: render(isDirectory ? [...masked, ...inherited] : masked) }
  }
  const wished = parse(aclOfPermissions(permissions ?? (isDirectory ? '0777' : '0666')))
  const taken = parse(aclOfPermissions(umask ?? '0027'))
  const left = wished.map((entry) => {
    const mask = taken.find(({ kind }) => kind === entry.kind)?.permissions ?? '---'
    return { ...entry, permissions: [...entry.permissions].map((one) => (mask.includes(one) ? '-' : one)).join('') }
  })
  return { ...whole, acl: render(left) }
}

export const ROOT_ACCESS: PathAccess = { owner: SUPERUSER, group: SUPERUSER, acl: 'user::rwx,group::r-x,other::---' }

/**
 * Whether a list lets somebody do all that is asked: the first of owner, named user, groups (masked) and others that
 * speaks of them decides.
 */
export function aclAllows({ owner, acl }: PathAccess, objectId: string, asked: string): boolean {
  const entries = parse(acl).filter((one) => !one.isDefault)
  const mask = entries.find(({ kind }) => kind === 'mask')?.permissions
  const holds = (permissions: string, masked: boolean): boolean =>
    [...asked].every((one) => permissions.includes(one) && (!masked || mask === undefined || mask.includes(one)))
  const find = (kind: Entry['kind'], name: string) =>
    entries.find((entry) => entry.kind === kind && entry.name.toLowerCase() === name.toLowerCase())
  const own = find('user', '')
  if (owner === objectId && own) return holds(own.permissions, false)
  const named = find('user', objectId)
  if (named) return holds(named.permissions, true)
  const other = find('other', '')
  return other !== undefined && holds(other.permissions, false)
}

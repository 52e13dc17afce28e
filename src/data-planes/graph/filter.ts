import { fault } from '../../faults.ts'
import type { Principal } from '../../store/identities.ts'
import { namesOf } from './present.ts'

type Test = (principal: Principal) => boolean

const NAMES = /^servicePrincipalNames\/any\(\s*(\w+)\s*:\s*\1 eq '((?:[^']|'')*)'\s*\)$/i
const EQUALS = /^(\w+) eq '((?:[^']|'')*)'$/i
const STARTS = /^startswith\(\s*(\w+)\s*,\s*'((?:[^']|'')*)'\s*\)$/i

const values: Readonly<Record<string, (principal: Principal) => string | undefined>> = {
  id: ({ objectId }) => objectId,
  appid: ({ appId }) => appId,
  displayname: ({ displayName }) => displayName,
  userprincipalname: ({ kind, displayName }) => (kind === 'User' ? displayName : undefined),
  mail: () => undefined,
  serviceprincipaltype: ({ kind }) => kind,
}

/**
 * The filters that az sends: by one of a service principal's names, by a property, by how a name begins; joined by
 * `or`, or by `and`.
 *
 * @throws GraphBadRequest
 */
export function filterOf(filter: string): Test {
  if (filter.trim() === '') return () => true
  const either = filter.split(/\s+or\s+/i).map((part) => part.split(/\s+and\s+/i).map((one) => testOf(one.trim())))
  return (principal) => either.some((all) => all.every((test) => test(principal)))
}

function testOf(text: string): Test {
  const [, , name] = NAMES.exec(text) ?? []
  if (name !== undefined) return (principal) => namesOf(principal).some((one) => same(one, name))
  const [, property, value] = EQUALS.exec(text) ?? []
  if (property !== undefined && value !== undefined) {
    const read = reader(property)
    return (principal) => same(read(principal), value)
  }
  const [, begun, start] = STARTS.exec(text) ?? []
  if (begun === undefined || start === undefined)
    throw fault('GraphBadRequest', { reason: `Invalid filter clause: ${text}` })
  const read = reader(begun)
  return (principal) => read(principal)?.toLowerCase().startsWith(unquoted(start)) === true
}

function reader(property: string): (principal: Principal) => string | undefined {
  const found = Object.hasOwn(values, property.toLowerCase()) ? values[property.toLowerCase()] : undefined
  if (!found) throw fault('GraphBadRequest', { reason: `Lazuli cannot filter by '${property}'` })
  return found
}

const unquoted = (text: string): string => text.replaceAll("''", "'").toLowerCase()
const same = (one: string | undefined, text: string): boolean => one?.toLowerCase() === unquoted(text)

import { fault } from '../../faults.ts'
import type { Facts } from '../facts/facts.ts'
import { knowsVerb } from '../facts/known.ts'
import type { RegisteredType } from '../registry.ts'

/**
 * Whether the type has this verb: the declaration says, and for a PATCH of which it says nothing, the facts do.
 *
 * @throws NotImplementedByLazuli where only Azure has it, MethodNotAllowed where nobody has
 */
export function demandVerb(facts: Facts, type: RegisteredType, verb: 'put' | 'patch' | 'delete'): void {
  const { declaration, provider, path } = type
  const method = verb.toUpperCase()
  const isKnown = knowsVerb(facts, type, method)
  const hasFacts = facts.versionsOfType(provider.namespace, path).length > 0
  const isThere =
    verb === 'patch' ? (declaration.patch ?? (isKnown || !hasFacts)) : (declaration.verbs?.includes(verb) ?? true)
  if (isThere) return
  throw isKnown
    ? fault('NotImplementedByLazuli', { operation: `${method} ${type.type}` })
    : fault('MethodNotAllowed', { method })
}

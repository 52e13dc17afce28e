import type { RegisteredType } from '../registry.ts'
import type { Facts } from './facts.ts'
import { operationOn } from './operation-on.ts'

/** Whether any version's facts have this operation right below the type's resources. */
export function knowsAction(facts: Facts, { provider, path }: RegisteredType, action: string): boolean {
  const { namespace } = provider
  if (facts.typesOf(namespace).some((type) => type.toLowerCase() === `${path}/${action}`.toLowerCase())) return true
  return facts
    .versionsOfType(namespace, path)
    .some((version) =>
      facts
        .type(namespace, path, version)
        ?.operations.some((operation) => operation.path.toLowerCase().endsWith(`}/${action.toLowerCase()}`)),
    )
}

/** Whether any version's facts have this method of one of the type's resources. */
export const knowsVerb = (facts: Facts, { provider: { namespace }, path }: RegisteredType, method: string): boolean =>
  facts
    .versionsOfType(namespace, path)
    .some((version) => operationOn(facts.type(namespace, path, version), method) !== undefined)

/** Whether the facts have a type of this path, or an operation that the path's last part names. */
export function knowsType(facts: Facts, namespace: string, path: string): boolean {
  const asked = path.toLowerCase()
  const types = facts.typesOf(namespace).map((type) => type.toLowerCase())
  return types.includes(asked) || types.includes(asked.slice(0, Math.max(asked.lastIndexOf('/'), 0)))
}

import type { WishRequest } from '../../arm/define-resource.ts'
import type { Deps } from '../../domain/deps.ts'
import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt, plainText, textAt } from '../../json.ts'
import { foldId, type ResourceId } from '../../resource-id.ts'

/** Azure's rule for the names of definitions, assignments and exemptions. */
export const policyName = /^[^<>*%&:?.+/\\]{0,63}[^<>*%&:?.+/\\ ]$/

/** Who made it and when, which Azure keeps in the metadata. */
export function metadataOf({ now }: Deps, { body, existing, caller }: WishRequest<unknown>): JsonObject {
  const before = objectAt(objectAt(existing?.body.properties).metadata)
  const at = now().toISOString()
  return {
    ...objectAt(objectAt(objectAt(body).properties).metadata),
    createdBy: before.createdBy ?? caller.objectId,
    createdOn: before.createdOn ?? at,
    updatedBy: caller.objectId,
    updatedOn: at,
  }
}

/** What is built in stands at the tenant, where a client writes nothing. */
export function demandOwnScope(id: ResourceId): void {
  if (!id.parent || id.parent.key === '') throw fault('BuiltInPolicyCannotBeChanged', { name: id.name })
}

/** @throws PolicyInUse where an assignment or a set refers to the definition */
export async function demandUnused({ store }: Deps, id: ResourceId): Promise<void> {
  const refers = (ids: readonly (Json | undefined)[]) =>
    ids.some((one) => typeof one === 'string' && foldId(one) === id.key)
  const assignments = await store.resources.ofType('', 'Microsoft.Authorization/policyAssignments')
  const sets = await store.resources.ofType('', 'Microsoft.Authorization/policySetDefinitions')
  const by = [...assignments.items, ...sets.items].find(({ body }) => {
    const properties = objectAt(body.properties)
    const members: readonly Json[] = Array.isArray(properties.policyDefinitions) ? properties.policyDefinitions : []
    return refers([properties.policyDefinitionId, ...members.map((one) => objectAt(one).policyDefinitionId)])
  })
  if (by) throw fault('PolicyInUse', { name: id.name, by: by.id })
}

/** Members of a set, each with a name that its assignment can refer to. */
export const withReferences = (members: Json | undefined): Json =>
  (Array.isArray(members) ? members : []).filter(isObject).map((one: JsonObject, at) => ({
    ...one,
    policyDefinitionReferenceId:
      textAt(one.policyDefinitionReferenceId) ??
      String(
        BigInt(
          `0x${Buffer.from(`${at}${plainText(one.policyDefinitionId)}`)
            .toString('hex')
            .slice(-14)}`,
        ),
      ),
  }))

import { Type } from 'typebox'
import { defineResource, done, type ListQuery } from '../../arm/define-resource.ts'
import { isWithin, scopeKey, scopeOfExtension } from '../../domain/roles/scopes.ts'
import { fault } from '../../faults.ts'
import { objectAt, textAt } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
import { metadataOf, policyName } from './_policies.ts'

/** A definition or a set of them put to work at a scope and below it. */
export default defineResource({
  type: 'Microsoft.Authorization/policyAssignments',
  at: ['subscription', 'resourceGroup', 'resource'],
  name: policyName,
  hides: ['provisioningState'],
  patch: true,
  showsDeleted: true,
  statuses: { created: 201, updated: 201 },
  reads: Type.Object({
    identity: Type.Optional(Type.Object({ type: Type.Optional(Type.String()) })),
    properties: Type.Object({ policyDefinitionId: Type.Optional(Type.String()) }),
  }),
  async check(deps, request) {
    const { id, body } = request
    const sent = objectAt(body.properties)
    await request.arm.policies.checkAssignment(id.name, sent)
    const kept = { enforcementMode: 'Default', parameters: {}, notScopes: [], ...sent, scope: id.parent?.text ?? '' }
    return { ...body, properties: { ...kept, metadata: metadataOf(deps, request) } }
  },
  async apply({ identities }, { id, wish }) {
    if (/^systemassigned$/i.test(wish.identity?.type ?? ''))
      return done({ ...(await identities.ensure(id.key, id.name)) })
    await identities.remove(id.key)
    return done({})
  },
  async remove({ identities }, { id }) {
    await identities.remove(id.key)
    return done()
  },
  view: async (_deps, { state }) =>
    state.principalId === undefined
      ? {}
      : { identity: { principalId: state.principalId, tenantId: state.tenantId, type: 'SystemAssigned' } },
  list: (query, parent) => filtered(query.get('$filter')?.trim() ?? '', parent.text),
})

/**
 * What applies at a scope: assignments at it, above it and, unless `atScope()` is asked, below it.
 *
 * @throws InvalidFilter
 */
function filtered(filter: string, scope: string): ListQuery {
  const key = scopeKey(scope)
  const [, definition] = /^policyDefinitionId eq '([^']+)'$/i.exec(filter) ?? []
  const exact = /^atExactScope\(\)$/i.test(filter)
  const notBelow = /^atScope\(\)$/i.test(filter)
  if (filter !== '' && definition === undefined && !exact && !notBelow) throw fault('InvalidFilter', { filter })
  return {
    below: '',
    keep({ id, body }) {
      const at = scopeOfExtension(id)
      if (exact) return at === key
      if (!isWithin(key, at) && (notBelow || !isWithin(at, key))) return false
      const own = textAt(objectAt(body.properties).policyDefinitionId) ?? ''
      return definition === undefined || foldId(own) === foldId(definition)
    },
  }
}

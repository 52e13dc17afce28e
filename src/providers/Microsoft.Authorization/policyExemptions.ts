import { Type } from 'typebox'
import { defineResource } from '../../arm/define-resource.ts'
import { isWithin, scopeKey, scopeOfExtension } from '../../domain/roles/scopes.ts'
import { fault } from '../../faults.ts'
import { objectAt, textAt } from '../../json.ts'
import { parseResourceId } from '../../resource-id.ts'
import { policyName } from './_policies.ts'

/** Leaves a scope out of an assignment, for a reason and, if one is said, until a time. */
export default defineResource({
  type: 'Microsoft.Authorization/policyExemptions',
  at: ['subscription', 'resourceGroup', 'resource'],
  name: policyName,
  hides: ['provisioningState'],
  patch: true,
  statuses: { created: 201, updated: 200 },
  reads: Type.Object({}),
  async check(_deps, { body, arm }) {
    const sent = objectAt(body.properties)
    const categories = ['Waiver', 'Mitigated']
    const category = categories.find((one) => one.toLowerCase() === textAt(sent.exemptionCategory)?.toLowerCase())
    if (!category) {
      throw fault('InvalidPolicyExemption', { reason: `'exemptionCategory' is none of ${categories.join(', ')}` })
    }
    const id = textAt(sent.policyAssignmentId) ?? ''
    const named = parseResourceId(id)
    const isAssignment = named?.type.toLowerCase() === 'microsoft.authorization/policyassignments'
    if (!isAssignment || !(await arm.get(id))) throw fault('PolicyAssignmentNotFound', { id })
    const expires = textAt(sent.expiresOn)
    if (expires !== undefined && Number.isNaN(Date.parse(expires))) {
      throw fault('InvalidPolicyExemption', { reason: `'${expires}' is no time` })
    }
    const { resourceSelectors } = sent
    if (Array.isArray(resourceSelectors) && resourceSelectors.length > 0) {
      throw fault('InvalidPolicyExemption', { reason: "'resourceSelectors' is not evaluated by Lazuli" })
    }
    return {
      properties: {
        ...sent,
        exemptionCategory: category,
        ...(expires !== undefined && { expiresOn: new Date(expires).toISOString() }),
      },
    }
  },
  list(query, parent) {
    const filter = query.get('$filter')?.trim() ?? ''
    const key = scopeKey(parent.text)
    const exact = /^atExactScope\(\)$/i.test(filter)
    if (filter !== '' && !exact && !/^atScope\(\)$/i.test(filter)) throw fault('InvalidFilter', { filter })
    return {
      below: '',
      keep({ id }) {
        const at = scopeOfExtension(id)
        return exact ? at === key : isWithin(key, at) || (filter === '' && isWithin(at, key))
      },
    }
  },
})

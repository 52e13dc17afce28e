import { Type } from 'typebox'
import { defineResource } from '../../arm/define-resource.ts'
import { fault } from '../../faults.ts'
import { objectAt } from '../../json.ts'

const BY_TAG = /^\s*tagname eq '([^']*)'(?:\s+and\s+tagvalue eq '([^']*)')?\s*$/i

/** A resource group. Its delete takes along everything inside, what refers before what is referred to. */
export default defineResource({
  type: 'Microsoft.Resources/resourceGroups',
  at: ['subscription'],
  right: 'Microsoft.Resources/subscriptions/resourceGroups',
  hides: ['systemData'],
  name: /^[-\w._()]{0,89}[-\w_()]$/,
  reads: Type.Object({ location: Type.String() }),
  missing: (group) => fault('ResourceGroupNotFound', { group }),
  patch: true,
  statuses: { deleted: 202 },
  listsWhatMayBeRead: true,
  list(query) {
    const filter = query.get('$filter')
    if (filter === null || filter === '') return {}
    const [, name, value] = BY_TAG.exec(filter) ?? []
    if (name === undefined) throw fault('InvalidFilter', { filter })
    return {
      keep({ body }) {
        const found = Object.entries(objectAt(body.tags)).find(([tag]) => tag.toLowerCase() === name.toLowerCase())
        return found !== undefined && (value === undefined || found[1] === value)
      },
    }
  },
})

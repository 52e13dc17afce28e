import { Type } from 'typebox'
import { defineResource } from '../../arm/define-resource.ts'
import { fault } from '../../faults.ts'
import { textAt } from '../../json.ts'
import { foldId } from '../../resource-id.ts'

/** A management lock: what it forbids at its scope and below is refused by the engine's verbs. */
export default defineResource({
  type: 'Microsoft.Authorization/locks',
  at: ['subscription', 'resourceGroup', 'resource'],
  name: /^[^<>%&:?\\/+]{1,260}$/,
  hides: ['provisioningState'],
  patch: false,
  reads: Type.Object({ properties: Type.Optional(Type.Object({ level: Type.Optional(Type.String()) })) }),
  async check(_, { body }) {
    const levels = ['NotSpecified', 'CanNotDelete', 'ReadOnly']
    const asked = textAt(body.properties?.level) ?? ''
    const level = levels.find((one) => one.toLowerCase() === asked.toLowerCase())
    if (level === undefined) throw fault('InvalidLockLevel', { level: asked, levels: levels.join(', ') })
    return { ...body, properties: { ...body.properties, level } }
  },
  list(query, parent) {
    const filter = query.get('$filter')?.trim() ?? ''
    if (filter !== '' && !/^atScope\(\)$/i.test(filter)) throw fault('InvalidFilter', { filter })
    const at = `${parent.key}/providers/microsoft.authorization/locks/`
    return { below: parent.key, ...(filter !== '' && { keep: ({ id }) => foldId(id).startsWith(at) }) }
  },
})

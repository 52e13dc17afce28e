import { Type } from 'typebox'
import { defineResource } from '../../../arm/define-resource.ts'
import { issuerFault } from '../../../domain/directory/federated-credentials.ts'
import { fault } from '../../../faults.ts'
import { objectAt, textAt } from '../../../json.ts'
import { foldId } from '../../../resource-id.ts'

const TYPE = 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials'
/** Azure's limit for each identity. */
const MOST = 20

/** A token of another issuer that a user-assigned identity may sign in with; the sign-in service reads it here. */
export default defineResource({
  type: TYPE,
  name: /^[a-zA-Z0-9][\w-]{2,119}$/,
  hides: ['provisioningState'],
  patch: false,
  reads: Type.Object({
    properties: Type.Object({
      issuer: Type.String({ minLength: 1 }),
      subject: Type.String({ minLength: 1 }),
      audiences: Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 1 }),
    }),
  }),
  async check({ store }, { id, body, existing }) {
    const { issuer, subject } = body.properties
    const wrong = issuerFault(issuer)
    if (wrong) throw fault('FederatedCredentialInvalid', { reason: wrong })
    const { items } = await store.resources.children(id.parent?.key ?? '', TYPE)
    const others = items.filter((other) => foldId(other.id) !== id.key)
    if (!existing && others.length >= MOST) {
      throw fault('FederatedCredentialInvalid', { reason: `An identity has at most ${MOST} federated credentials` })
    }
    const twin = others.find(({ body: other }) => {
      const properties = objectAt(other.properties)
      return textAt(properties.issuer) === issuer && textAt(properties.subject) === subject
    })
    if (twin) {
      throw fault('FederatedCredentialInvalid', { reason: `'${twin.name}' has the same issuer and subject already` })
    }
    return undefined
  },
})

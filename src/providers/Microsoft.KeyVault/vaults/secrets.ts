import { Type } from 'typebox'
import { defineResource } from '../../../arm/define-resource.ts'
import { armSecrets } from '../../../domain/vaults/arm-secrets.ts'
import { secretForDeployment } from '../../../domain/vaults/deployment-secret.ts'
import { demandSecretValue } from '../../../domain/vaults/secrets.ts'

/** A secret of a vault, written and never read through the resource manager: its value is the data plane's to show. */
export default defineResource({
  type: 'Microsoft.KeyVault/vaults/secrets',
  name: /^[a-zA-Z0-9-]{1,127}$/,
  verbs: ['put'],
  hides: ['provisioningState', 'systemData'],
  reads: Type.Object({ properties: Type.Object({ value: Type.Optional(Type.String()) }) }),
  secret: ['properties.value'],
  backing: armSecrets,
  async check(_deps, { body, existing }) {
    demandSecretValue(body.properties.value, existing !== undefined)
    return undefined
  },
  forDeployments: (deps, asked) => secretForDeployment(deps, asked),
  async view({ store }, { id }, { origin }) {
    return armSecrets.view(store, id, origin)
  },
})

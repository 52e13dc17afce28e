import { randomBytes } from 'node:crypto'
import { Type } from 'typebox'
import { defineResource, done } from '../../arm/define-resource.ts'
import { demandOpenNetwork } from '../../domain/dependencies/open-network.ts'
import { credentialsOf, registryPasswordPaths } from '../../domain/dependencies/registry-credentials.ts'
import { linkResources } from '../../domain/network/private-links.ts'
import { fault } from '../../faults.ts'
import { objectAt, textAt } from '../../json.ts'

/** A container registry: name, admin user and passwords are real; images are a later issue. */
export default defineResource({
  type: 'Microsoft.ContainerRegistry/registries',
  name: /^[a-zA-Z0-9]{5,50}$/,
  moves: true,
  globalName: true,
  nameTaken: (name) => fault('RegistryAlreadyInUse', { name }),
  reads: Type.Object({
    properties: Type.Optional(Type.Object({ adminUserEnabled: Type.Optional(Type.Boolean()) })),
  }),
  defaults: () => ({ properties: { adminUserEnabled: false, publicNetworkAccess: 'Enabled' } }),
  async check(_deps, { id, body }) {
    demandOpenNetwork(id.name, objectAt(body.properties))
    if (textAt(objectAt(objectAt(body.properties).encryption).status)?.toLowerCase() === 'enabled') {
      throw fault('NotImplementedHere', { operation: 'A container registry encrypted with customer-managed keys' })
    }
    return undefined
  },
  async apply(deps, { state, secret }) {
    if (secret(registryPasswordPaths.password) !== undefined) return done()
    return done(
      { ...state, createdAt: deps.now().toISOString() },
      { [registryPasswordPaths.password]: newPassword(), [registryPasswordPaths.password2]: newPassword() },
    )
  },
  view: async (_deps, { name, body, state }, { origin }) => ({
    sku: { tier: textAt((body.sku as { name?: unknown } | undefined)?.name) ?? 'Basic' },
    properties: {
      loginServer: origin.containerRegistry(name.toLowerCase()).replace(/^https?:\/\//, ''),
      ...(state.createdAt !== undefined && { creationDate: state.createdAt }),
    },
  }),
  actions: {
    privateLinkResources: {
      method: 'GET',
      answer: async (_deps, { resource }) =>
        linkResources(resource, [{ group: 'registry', members: ['registry'], zones: ['privatelink.azurecr.io'] }]),
    },
    listCredentials: { answer: async (deps, { resource }) => credentialsOf(deps.sealing, resource) },
    regenerateCredential: {
      async answer(deps, { resource, body, keep }) {
        credentialsOf(deps.sealing, resource)
        const name = textAt(body.name) ?? ''
        if (name !== 'password' && name !== 'password2') throw fault('InvalidPasswordName', { name })
        const value = newPassword()
        await keep({ [registryPasswordPaths[name]]: value })
        const { passwords, ...rest } = credentialsOf(deps.sealing, resource)
        return { ...rest, passwords: passwords.map((one) => (one.name === name ? { name, value } : one)) }
      },
    },
  },
})

const newPassword = (): string => randomBytes(39).toString('base64url')

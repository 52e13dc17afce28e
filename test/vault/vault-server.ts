import assert from 'node:assert/strict'
import { type Answer, type Ask, startServer, type TestServer } from '../support/server.ts'

export const VERSION = 'api-version=7.4'
export const ARM_VERSION = 'api-version=2023-07-01'

/** A server with a vault, and the ways to ask the vault. */
export interface VaultServer {
  readonly server: TestServer
  readonly name: string
  /** The vault's ARM id. */
  readonly id: string
  /** Asks the vault's data plane: `/secrets/x`, with the version added. */
  ask(path: string, options?: Ask & { readonly vault?: string }): Promise<Answer>
  /** Makes another vault with these properties over RBAC mode's. */
  makeVault(name: string, properties?: object): Promise<string>
}

export async function startVault(name = 'kv-test'): Promise<VaultServer> {
  const server = await startServer()
  const group = `/subscriptions/${server.facts.subscriptionId}/resourceGroups/lazuli`
  const makeVault: VaultServer['makeVault'] = async (vault, properties) => {
    const id = `${group}/providers/Microsoft.KeyVault/vaults/${vault}`
    const made = await server.ask(`${id}?${ARM_VERSION}`, {
      method: 'PUT',
      body: {
        location: 'eastus',
        properties: {
          tenantId: server.facts.tenantId,
          sku: { family: 'A', name: 'standard' },
          enableRbacAuthorization: true,
          ...properties,
        },
      },
    })
    assert.ok(made.status < 300, made.text)
    return id
  }
  const id = await makeVault(name)
  return {
    server,
    name,
    id,
    makeVault,
    async ask(path, { vault = name, token, ...options } = {}) {
      const bearer = token === undefined ? await server.token({ resource: 'https://vault.azure.net' }) : token
      const full = path.includes('api-version=') ? path : `${path}${path.includes('?') ? '&' : '?'}${VERSION}`
      return server.ask(full, { ...options, token: bearer, host: `${vault}.vault.azure.net` })
    },
  }
}

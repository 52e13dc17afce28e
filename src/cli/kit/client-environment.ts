import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Environment, SAVED, savedEnvironment } from '../../config.ts'
import { Refusal } from './command.ts'
import type { ServerFacts } from './server-facts.ts'

/** What the article and the clients' flows ask for beside credentials, unless the caller has set it. */
const unlessSet = (): Readonly<Record<string, string>> => ({
  RESOURCE_GROUP: 'lazuli',
  WORKSPACE: 'default',
  LOCATION: 'eastus',
  COMPUTE: 'cpu-cluster',
})

/** The variables that point a shell's clients at a server, with what they replaced kept in `LAZULI_SAVED`. */
export function clientEnvironment(server: ServerFacts, env: Environment): Readonly<Record<string, string>> {
  const before = savedEnvironment(env)
  const secret = clientSecret(server)
  const noProxy = exceptions(before.NO_PROXY || before.no_proxy || '', server.intercepts)
  const configuration = join(server.dataDir, 'azure-cli')
  mkdirSync(configuration, { recursive: true, mode: 0o700 })
  const always = {
    HTTPS_PROXY: server.httpUrl,
    https_proxy: server.httpUrl,
    NO_PROXY: noProxy,
    no_proxy: noProxy,
    REQUESTS_CA_BUNDLE: server.bundle,
    SSL_CERT_FILE: server.bundle,
    CURL_CA_BUNDLE: server.bundle,
    NODE_EXTRA_CA_CERTS: server.bundle,
    AZURE_TENANT_ID: server.tenantId,
    AZURE_CLIENT_ID: server.clientId,
    AZURE_CLIENT_SECRET: secret,
    AZURE_SUBSCRIPTION_ID: server.subscriptionId,
    AZURE_CONFIG_DIR: configuration,
    LAZULI_TENANT: server.tenantId,
    LAZULI_CLIENT_ID: server.clientId,
    LAZULI_CLIENT_SECRET: secret,
    SUBSCRIPTION_ID: server.subscriptionId,
    DIRECT: server.httpsUrl,
  }
  const optional = Object.fromEntries(Object.entries(unlessSet()).filter(([name]) => !before[name]))
  const set = { ...always, ...optional }
  const saved = Object.fromEntries(Object.keys(set).map((name) => [name, before[name] ?? null]))
  return { ...set, [SAVED]: JSON.stringify(saved) }
}

/** What brings a shell back to where it was; undefined values are to be unset. Empty where nothing was changed. */
export function undoneEnvironment(env: Environment): Readonly<Record<string, string | undefined>> {
  if (!env[SAVED]) return {}
  const before = savedEnvironment(env)
  const names = Object.keys(JSON.parse(env[SAVED]))
  const defaults = unlessSet()
  // Someone who has set these to another value since meant it.
  const ours = names.filter((name) => !(name in defaults) || env[name] === defaults[name])
  return { ...Object.fromEntries(ours.map((name) => [name, before[name]])), [SAVED]: undefined }
}

function clientSecret(server: ServerFacts): string {
  const path = join(server.dataDir, 'client-secret')
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (cause) {
    throw new Refusal(`The secret of the bootstrap application can't be read from ${path}.`, { cause })
  }
}

/**
 * NO_PROXY with this machine in it, and without what would lead clients past us to Azure itself. `::1` is left out:
 * the library behind MLTable takes what follows a colon for a port, and then does nothing at all.
 */
function exceptions(before: string, intercepts: readonly string[]): string {
  const covers = (entry: string): boolean => {
    const domain = entry
      .toLowerCase()
      .replace(/^\*?\.?/, '')
      .replace(/:\d+$/, '')
    return (
      domain === '' ||
      intercepts.some((host) => host === domain || host.endsWith(`.${domain}`)) ||
      intercepts.some((host) => domain.endsWith(`.${host}`))
    )
  }
  const kept = before.split(/[\s,]+/).filter((entry) => entry !== '' && !covers(entry))
  return [...new Set([...kept, 'localhost', '127.0.0.1'])].join(',')
}

import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import type { Settings } from './domain/deps.ts'

/** A flag of the command line. Its variable is `LAZULI_` and its name in capitals; the flag wins. */
export interface Flag {
  readonly name: string
  /** What stands for its value in help; left out for a switch. */
  readonly value?: string
  readonly help: string
}

export const variableOf = (flag: Flag): string => `LAZULI_${flag.name.toUpperCase().replaceAll('-', '_')}`

export const dataFlag: Flag = {
  name: 'data',
  value: 'DIR',
  help: 'the data directory (default: $XDG_DATA_HOME/lazuli or ~/.local/share/lazuli)',
}

/** What a server is told. */
export const serverFlags: readonly Flag[] = [
  dataFlag,
  { name: 'port', value: 'N', help: 'the port; 0 takes a free one and keeps it for later starts (default: 8484)' },
  { name: 'host', value: 'ADDRESS', help: 'the address to listen on (default: 127.0.0.1)' },
  { name: 'origin', value: 'NAMES', help: 'further host names of this server, separated by commas' },
  { name: 'log-level', value: 'LEVEL', help: 'trace, debug, info, warn or error (default: info)' },
  {
    name: 'allow-substitute',
    help: 'run a job with an interpreter that this machine has where the asked one or its image is lacking',
  },
  { name: 'keep-free', value: 'SIZE', help: 'memory that stays free when a further node comes up (default: 1G)' },
  {
    name: 'match-cloud',
    help: "refuse what clients log past Azure's limits, which are smaller than MLflow's (default: not)",
  },
  { name: 'rate-limit', help: "refuse requests past Azure's limits with 429, as Azure does (default: not)" },
  { name: 'quota-cores', value: 'N', help: 'vCPUs that each family may have in a region (default: 300)' },
  {
    name: 'upstream-proxy',
    value: 'URL',
    help: "the proxy for what is not Azure's; '' for none (default: HTTPS_PROXY as the server finds it)",
  },
  { name: 'oidc-issuer', value: 'URL', help: 'an OpenID Connect provider that people may sign in with, too' },
  { name: 'oidc-client-id', value: 'ID', help: "Lazuli's client id at that provider" },
  { name: 'oidc-client-secret', value: 'SECRET', help: 'its secret there; better as LAZULI_OIDC_CLIENT_SECRET' },
  { name: 'connect-timeout', value: 'SECONDS', help: 'how long a tunnel may take to connect (default: 5)' },
]

export interface Config {
  readonly dataDirectory: string
  readonly host: string
  readonly port: number
  readonly origins: readonly string[]
  readonly logLevel: string
  readonly settings: Settings
  readonly upstream: { readonly proxy?: string; readonly noProxy?: string; readonly timeoutMs: number }
  /** Where people may sign in beside their passwords here. */
  readonly outside: { readonly issuer: string; readonly clientId: string; readonly clientSecret?: string } | undefined
  /** CA bundles that the user had set. */
  readonly userBundles: readonly string[]
  /** The environment as the user had it, for the tools whose settings stand there (pip's and uv's package index). */
  readonly environment: Environment
}

export type Values = Readonly<Record<string, string | true | undefined>>
export type Environment = Readonly<Record<string, string | undefined>>

/** A flag or a variable that can't be taken. Its message is for the terminal. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** The environment of this process. Nothing else in the tree reads it. */
export const environment = (): Environment => process.env

/** A flag's value: as given, else its variable's. An empty variable counts as not set, an empty flag as empty. */
export function flagValue(flag: Flag, values: Values, env: Environment): string | true | undefined {
  const given = values[flag.name]
  if (given !== undefined) return given
  const variable = env[variableOf(flag)]
  if (variable === undefined || variable === '') return undefined
  if (flag.value !== undefined) return variable
  if (/^(1|true|yes|on)$/i.test(variable)) return true
  if (/^(0|false|no|off)$/i.test(variable)) return undefined
  throw new ConfigError(`${variableOf(flag)} takes 1 or 0, not '${variable}'.`)
}

export function dataDirectoryOf(values: Values, env: Environment): string {
  const asked = flagValue(dataFlag, values, env)
  return typeof asked === 'string' && asked !== '' ? resolve(asked) : defaultDataDirectory(env)
}

export function defaultDataDirectory(env: Environment = environment()): string {
  // The XDG rules: a relative XDG_DATA_HOME is to be ignored.
  const base = env.XDG_DATA_HOME
  return join(base && isAbsolute(base) ? base : join(env.HOME || homedir(), '.local', 'share'), 'lazuli')
}

/**
 * Reads what a server is told by flags and variables.
 *
 * @throws ConfigError
 */
export function readConfig(values: Values, env: Environment): Config {
  const text = (name: string): string | undefined => {
    const flag = serverFlags.find((one) => one.name === name)
    const value = flag && flagValue(flag, values, env)
    return value === true ? '' : value
  }
  const original = savedEnvironment(env)
  const proxy = text('upstream-proxy') ?? (original.HTTPS_PROXY || original.https_proxy || '')
  const noProxy = original.NO_PROXY || original.no_proxy
  return {
    dataDirectory: dataDirectoryOf(values, env),
    host: text('host') || '127.0.0.1',
    port: whole('port', text('port') ?? '8484', 65535),
    origins: (text('origin') ?? '').split(/[\s,]+/).filter((name) => name !== ''),
    logLevel: oneOf('log-level', text('log-level') || 'info', ['trace', 'debug', 'info', 'warn', 'error']),
    settings: {
      allowSubstitute: text('allow-substitute') !== undefined,
      keepFreeBytes: bytes('keep-free', text('keep-free') || '1G'),
      matchCloud: text('match-cloud') !== undefined,
      enforceRateLimit: text('rate-limit') !== undefined,
      quotaCores: whole('quota-cores', text('quota-cores') || '300', 1_000_000),
    },
    upstream: {
      ...(proxy && { proxy: proxyUrl(proxy) }),
      ...(noProxy && { noProxy }),
      timeoutMs: whole('connect-timeout', text('connect-timeout') || '5', 600) * 1000,
    },
    outside: outsideOf(text('oidc-issuer'), text('oidc-client-id'), text('oidc-client-secret')),
    userBundles: bundlesOf(original),
    environment: original,
  }
}

function outsideOf(issuer = '', clientId = '', clientSecret = ''): Config['outside'] {
  if (issuer === '' && clientId === '') return undefined
  if (!URL.canParse(issuer)) throw new ConfigError(`--oidc-issuer takes a URL, not '${issuer}'.`)
  if (clientId === '') throw new ConfigError('--oidc-issuer needs --oidc-client-id.')
  return { issuer, clientId, ...(clientSecret !== '' && { clientSecret }) }
}

/** The CA bundles that an environment names. */
export const bundlesOf = (env: Environment): readonly string[] => [
  ...new Set(
    ['REQUESTS_CA_BUNDLE', 'SSL_CERT_FILE', 'CURL_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'].flatMap((name) => env[name] || []),
  ),
]

/** Where `lazuli env` keeps what it replaced: a JSON object, null for what was not set. */
export const SAVED = 'LAZULI_SAVED'

/** The environment as it was before `lazuli env` changed it; else as it is. */
export function savedEnvironment(env: Environment): Environment {
  const saved = env[SAVED]
  if (!saved) return env
  try {
    const before: Record<string, unknown> = JSON.parse(saved)
    const texts = Object.entries(before).map(([name, value]) => [name, typeof value === 'string' ? value : undefined])
    return { ...env, ...Object.fromEntries(texts) }
  } catch {
    throw new ConfigError(`${SAVED} does not hold what 'lazuli env' put there; unset it and try again.`)
  }
}

function whole(name: string, text: string, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value <= most)) throw new ConfigError(`--${name} takes a whole number up to ${most}, not '${text}'.`)
  return value
}

function oneOf(name: string, text: string, choices: readonly string[]): string {
  if (!choices.includes(text)) throw new ConfigError(`--${name} takes one of ${choices.join(', ')}, not '${text}'.`)
  return text
}

function bytes(name: string, text: string): number {
  const parts = /^(\d+)([kmgt]?)(?:i?b)?$/i.exec(text)
  if (!parts) throw new ConfigError(`--${name} takes a size such as 512M or 2G, not '${text}'.`)
  return Number(parts[1]) * 1024 ** ' kmgt'.indexOf((parts[2] || ' ').toLowerCase())
}

function proxyUrl(text: string): string {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`)
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new ConfigError(`The upstream proxy '${text}' is no http or https URL.`)
  }
  return url.href
}

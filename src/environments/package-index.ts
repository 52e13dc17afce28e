import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where the user's pip finds packages; uv and the jobs' own pip are told the same. */
export interface PackageIndex {
  /** Variables for uv. */
  readonly uv: Readonly<Record<string, string>>
  /** Variables for pip, also inside jobs. */
  readonly pip: Readonly<Record<string, string>>
  /** How the server's own user reaches a network: proxies and certificates. For builds, not for jobs. */
  readonly network: Readonly<Record<string, string>>
  /** The server's PATH, where interpreters are looked for. */
  readonly searchPath: string
  /** What of this machine pip and uv read for it: folders of wheels, a certificate. */
  readonly files: readonly string[]
}

/** pip's own settings, from its variables and its files: a machine with an index of its own says so there. */
export function userPackageIndex(variables: Readonly<Record<string, string | undefined>>): PackageIndex {
  const settings = new Map<string, string>()
  const home = homedir()
  const files = [
    '/etc/xdg/pip/pip.conf',
    '/etc/pip.conf',
    join(home, '.pip/pip.conf'),
    join(home, '.config/pip/pip.conf'),
  ]
  if (variables.PIP_CONFIG_FILE) files.push(variables.PIP_CONFIG_FILE)
  for (const file of files) for (const [name, value] of settingsIn(file)) settings.set(name, value)
  for (const [name, value] of Object.entries(variables))
    if (name.startsWith('PIP_') && value && name !== 'PIP_CONFIG_FILE')
      settings.set(name.slice(4).toLowerCase().replaceAll('_', '-'), value)
  const uv: Record<string, string> = {}
  const words = (name: string) => settings.get(name)?.split(/\s+/).filter(Boolean) ?? []
  const put = (name: string, value: string | undefined) => {
    if (value) uv[name] = value
  }
  put('UV_DEFAULT_INDEX', settings.get('index-url'))
  put('UV_INDEX', words('extra-index-url').join(' '))
  put('UV_FIND_LINKS', words('find-links').join(','))
  put('UV_INSECURE_HOST', words('trusted-host').join(' '))
  put('SSL_CERT_FILE', settings.get('cert'))
  put('UV_HTTP_TIMEOUT', settings.get('timeout') ?? settings.get('default-timeout'))
  if (/^(1|true|yes)$/i.test(settings.get('no-index') ?? '')) uv.UV_NO_INDEX = '1'
  for (const [name, value] of Object.entries(variables)) if (/^UV_/.test(name) && value) uv[name] = value
  const passed = [
    'index-url',
    'extra-index-url',
    'find-links',
    'trusted-host',
    'cert',
    'timeout',
    'default-timeout',
    'no-index',
    'proxy',
  ]
  const pip: Record<string, string> = { PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_ROOT_USER_ACTION: 'ignore' }
  for (const name of passed) {
    const value = settings.get(name)
    if (value) pip[`PIP_${name.toUpperCase().replaceAll('-', '_')}`] = value
  }
  const network: Record<string, string> = {}
  for (const [name, value] of Object.entries(variables))
    if (/^(https?_proxy|no_proxy|ssl_cert_(file|dir))$/i.test(name) && value) network[name] = value
  return {
    uv,
    pip,
    network,
    searchPath: variables.PATH ?? '',
    files: [...words('find-links'), ...words('cert')].filter((path) => existsSync(path)),
  }
}

/** `[global]` and `[install]` of a pip.conf. Continuation lines belong to the setting above. */
function settingsIn(file: string): ReadonlyMap<string, string> {
  const settings = new Map<string, string>()
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return settings
  }
  let section = ''
  let name = ''
  for (const line of text.split('\n')) {
    const heading = line.match(/^\[(\w+)\]/)
    const setting = line.match(/^([\w-]+)\s*[=:]\s*(.*)$/)
    if (heading) section = heading[1] ?? ''
    else if (section !== 'global' && section !== 'install') continue
    else if (setting) {
      name = setting[1] ?? ''
      settings.set(name, (setting[2] ?? '').trim())
    } else if (/^\s+\S/.test(line) && !/^\s*[#;]/.test(line))
      settings.set(name, `${settings.get(name) ?? ''} ${line.trim()}`.trim())
  }
  return settings
}

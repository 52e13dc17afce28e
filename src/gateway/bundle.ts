import { readFile, rename, writeFile } from 'node:fs/promises'
import { rootCertificates } from 'node:tls'

/** Where Linux distributions and macOS keep the roots that the system trusts. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

/**
 * Writes the bundle that clients are pointed at: the system's roots, those of the bundles that the user had set, what
 * an earlier bundle held beyond these, and Lazuli's own root first.
 */
export async function writeBundle(
  path: string,
  rootPem: string,
  userBundles: readonly string[],
): Promise<{ readonly changed: boolean }> {
  const old = await text(path)
  const system = (await firstOf(systemBundles)) ?? rootCertificates.join('\n')
  const users = await Promise.all(userBundles.filter((bundle) => bundle !== path).map(text))
  const blocks = new Set([rootPem, system, ...users].flatMap((source) => certificatesIn(source ?? '')))
  // Another shell may have merged a bundle of its own; a root of Lazuli's that was replaced is not carried on.
  for (const block of certificatesIn(old ?? '').slice(1)) blocks.add(block)
  const bundle = `${[...blocks].join('\n')}\n`
  if (bundle === old) return { changed: false }
  await writeFile(`${path}.${process.pid}`, bundle, { mode: 0o600 })
  await rename(`${path}.${process.pid}`, path)
  return { changed: true }
}

const certificatesIn = (source: string): readonly string[] =>
  source.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []

const text = (path: string) => readFile(path, 'utf8').catch(() => undefined)

async function firstOf(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const found = await text(path)
    if (found) return found
  }
  return undefined
}

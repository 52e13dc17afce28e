import { X509Certificate } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { LeafName, Pem } from './certificates.ts'
import { signableDomains } from './hosts.ts'

const DAY = 86_400_000
const AUTHORITY_DAYS = 3650
const RENEW_AUTHORITY_WITHIN = 365 * DAY
const LEAF_DAYS = 90
const RENEW_LEAF_WITHIN = 30 * DAY
const LEAVES_KEPT = 512

/** The install's certificate authority and the leaves that it has signed lately. */
export interface Authority {
  /** The root's certificate, in PEM: what clients are told to trust. */
  readonly rootPem: string
  /** The TLS context of a host; signed on the first call, then from a bounded cache until it nears its end. */
  contextFor(host: string): Promise<SecureContext>
  /** The leaf for localhost and this machine's addresses, itself. */
  localhost(): Promise<Pem>
  /** The context if it is at hand, without waiting. */
  cached(host: string): SecureContext | undefined
}

interface Leaf {
  readonly context: SecureContext
  readonly renewAfter: number
}

/**
 * Opens the authority kept in `directory`, or makes it on the first start and when it nears its end.
 *
 * The library that signs is loaded when a leaf is first asked for: a restart needs none to be ready.
 */
export async function openAuthority(directory: string, now: () => Date = () => new Date()): Promise<Authority> {
  const kept = (await read(directory, now())) ?? (await make(directory, now()))
  let signer: Promise<Awaited<ReturnType<typeof signerOf>>> | undefined
  const leaves = new Map<string, Leaf>()
  const signing = new Map<string, Promise<SecureContext>>()

  const cached = (host: string): SecureContext | undefined => {
    const leaf = leaves.get(host)
    return leaf && leaf.renewAfter > now().getTime() ? leaf.context : undefined
  }

  const leafFor = async (host: string): Promise<{ readonly pem: Pem; readonly notAfter: number }> => {
    signer ??= signerOf(kept.intermediate)
    const from = now().getTime()
    const notAfter = Math.min(from + LEAF_DAYS * DAY, kept.notAfter)
    return { pem: await (await signer)(namesOf(host), new Date(from - DAY), new Date(notAfter)), notAfter }
  }

  const sign = async (host: string): Promise<SecureContext> => {
    const { pem, notAfter } = await leafFor(host)
    const context = createSecureContext({ cert: pem.certificate, key: pem.key, minVersion: 'TLSv1.2' })
    leaves.delete(host)
    leaves.set(host, { context, renewAfter: notAfter - RENEW_LEAF_WITHIN })
    const oldest = leaves.keys().next().value
    if (leaves.size > LEAVES_KEPT && oldest !== undefined) leaves.delete(oldest)
    return context
  }

  return {
    rootPem: kept.root,
    cached,
    localhost: async () => (await leafFor('localhost')).pem,
    async contextFor(host) {
      const ready = cached(host)
      if (ready) return ready
      let pending = signing.get(host)
      if (!pending) {
        pending = sign(host).finally(() => signing.delete(host))
        signing.set(host, pending)
      }
      return pending
    },
  }
}

const signerOf = async (intermediate: Pem) => (await import('./certificates.ts')).leafSigner(intermediate)

function namesOf(host: string): readonly LeafName[] {
  if (host !== 'localhost') return [{ type: isIP(host) ? 'ip' : 'dns', value: host }]
  return [
    { type: 'dns', value: 'localhost' },
    { type: 'ip', value: '127.0.0.1' },
    { type: 'ip', value: '::1' },
  ]
}

interface Kept {
  readonly root: string
  readonly intermediate: Pem
  readonly notAfter: number
}

async function read(directory: string, now: Date): Promise<Kept | undefined> {
  const texts = await Promise.all(
    ['root.pem', 'intermediate.pem', 'intermediate.key'].map((name) => readFile(join(directory, name), 'utf8')),
  ).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  const [root, certificate, key] = texts ?? []
  if (!root || !certificate || !key) return undefined
  const notAfter = Math.min(endOf(root), endOf(certificate))
  if (notAfter - now.getTime() < RENEW_AUTHORITY_WITHIN) return undefined
  return { root, intermediate: { certificate, key }, notAfter }
}

async function make(directory: string, now: Date): Promise<Kept> {
  const { makeAuthority } = await import('./certificates.ts')
  const { root, intermediate } = await makeAuthority(['localhost', ...signableDomains], now, AUTHORITY_DAYS)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  // The root comes last: with it missing, a start that was cut short here begins anew.
  await put(directory, 'intermediate.key', intermediate.key)
  await put(directory, 'intermediate.pem', intermediate.certificate)
  await put(directory, 'root.pem', root)
  return { root, intermediate, notAfter: endOf(root) }
}

const endOf = (pem: string) => Date.parse(new X509Certificate(pem).validTo)

async function put(directory: string, name: string, text: string): Promise<void> {
  const temporary = join(directory, `.${name}.${process.pid}`)
  await writeFile(temporary, text, { mode: 0o600, flush: true })
  await rename(temporary, join(directory, name))
}

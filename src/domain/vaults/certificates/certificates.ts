import { createHash, createPrivateKey, type KeyObject, randomUUID, X509Certificate } from 'node:crypto'
import { fault } from '../../../faults.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../../../json.ts'
import { secretContext } from '../../../store/sealing.ts'
import type { Repositories } from '../../../store/store.ts'
import type { VaultVersion } from '../../../store/vault-objects.ts'
import { seconds } from '../attributes.ts'
import { asNodeKey, importKey, type KeyMaterial, makeKey } from '../key-material.ts'
import { type Described, described } from '../secrets.ts'
import {
  addVersion,
  demandName,
  type FoundVersion,
  findObject,
  findVersion,
  keyOf,
  type Named,
  newVersionId,
  openVersion,
  type VaultDeps,
  vaultContext,
} from '../vault-object.ts'
import { type KeyedCertificate, readPfx, writePfx } from './pfx.ts'
import { issuerOf, PEM, PFX, renewalOf, wholePolicy } from './policy.ts'
import { selfSigned, signingRequest } from './x509.ts'

/** A certificate's making, as its poller reads it. */
export type Pending = JsonObject

/** Makes a certificate by its policy: at once where it signs itself, else up to the request that is to be signed. */
export async function createCertificate(
  deps: VaultDeps,
  named: Named,
  wish: Described & { readonly policy: JsonObject },
): Promise<Pending> {
  demandName(named)
  const known = await deps.store.vaults.object(keyOf(named))
  const policy = wholePolicy(wish.policy, known ? objectAt(known.body.policy) : {})
  const { kty, key_size: size, crv, reuse_key: reuse } = objectAt(policy.key_props)
  const again = reuse === true && known && !known.deleted ? await keyOfCertificate(deps, named) : undefined
  const material =
    again ??
    (await makeKey({
      kty: textAt(kty) ?? '',
      ...(typeof size === 'number' && { key_size: size }),
      ...(textAt(crv) !== undefined && { crv: textAt(crv) ?? '' }),
    }))
  const version = newVersionId()
  const csr = (await signingRequest(material.secret, policy)).toString('base64')
  const pending: Pending = {
    issuer: policy.issuer,
    csr,
    cancellation_requested: false,
    request_id: randomUUID().replaceAll('-', ''),
    version,
  }
  if (issuerOf(policy) === 'Unknown') return waitForMerge(deps, named, { wish, policy, material, pending })
  const cer = await selfSigned(material.secret, policy, deps.now())
  const done = { ...pending, status: 'completed' }
  await putCertificate(deps, named, { wish, policy, material, chain: [cer], version, pending: done })
  return done
}

interface Made {
  readonly wish: Described
  readonly policy: JsonObject
  readonly material: KeyMaterial | undefined
  /** DER; its own first. */
  readonly chain: readonly Buffer[]
  readonly version: string
  readonly pending?: Pending
}

/** Writes a certificate with its key and its secret, all three under one version. */
async function putCertificate(deps: VaultDeps, named: Named, made: Made): Promise<FoundVersion> {
  const { material, policy, chain, version, wish } = made
  const now = deps.now()
  const [own] = chain
  if (!own) throw fault('VaultBadParameter', { reason: 'There is no certificate in it' })
  const { validFromDate, validToDate } = new X509Certificate(own)
  const attributes = { nbf: seconds(validFromDate), exp: seconds(validToDate), ...wish.attributes }
  const about = described({}, { ...wish, attributes }, now)
  const contentType = textAt(objectAt(policy.secret_props).contentType) ?? PFX
  const exportable = objectAt(policy.key_props).exportable !== false
  const key = exportable && material ? nodeKey(material) : undefined
  const value = contentType === PEM ? pemOf({ key, chain }) : writePfx({ key, chain }).toString('base64')
  const seal = (kind: 'secrets' | 'keys', clear: string) =>
    deps.sealing.seal(clear, vaultContext(keyOf({ ...named, kind })))
  const parts = { ...about, managed: true }
  return deps.store.write(async (within) => {
    await demandOwnParts(within, named)
    if (material) {
      const body = { ...parts, key: material.shown }
      await addVersion(
        within,
        { ...named, kind: 'keys', body, sealed: seal('keys', JSON.stringify(material.secret)), version },
        now,
      )
    }
    const secret = { ...parts, contentType }
    await addVersion(within, { ...named, kind: 'secrets', body: secret, sealed: seal('secrets', value), version }, now)
    const x5t = createHash('sha1').update(own).digest('base64url')
    const body = { ...about, cer: own.toString('base64'), x5t, policy }
    const objectBody = { policy, ...(made.pending && { pending: made.pending }) }
    return addVersion(within, { ...named, body, version, objectBody }, now)
  })
}

/** @throws VaultObjectExists where a key or a secret of the name is none of a certificate's */
async function demandOwnParts({ vaults }: Repositories, named: Named): Promise<void> {
  for (const kind of ['keys', 'secrets'] as const) {
    const key = keyOf({ ...named, kind })
    const object = await vaults.object(key)
    const current = object && (await vaults.version(key, object.version))
    if (current && current.body.managed !== true) throw fault('VaultObjectExists', { name: `${kind}/${object.name}` })
  }
}

interface Waiting {
  readonly wish: Described
  readonly policy: JsonObject
  readonly material: KeyMaterial
  readonly pending: Pending
}

const pendingKeyContext = (named: Named): string =>
  secretContext(`${named.vault.key}/certificates/${named.name.toLowerCase()}`, 'pending')

/** Keeps the key until somebody brings what was signed over it. */
async function waitForMerge(
  deps: VaultDeps,
  named: Named,
  { wish, policy, material, pending }: Waiting,
): Promise<Pending> {
  const now = deps.now()
  const waiting = {
    ...pending,
    status: 'inProgress',
    status_details: 'Pending certificate created. Please Perform Merge to complete the request.',
  }
  const sealed = deps.sealing.seal(JSON.stringify(material), pendingKeyContext(named))
  await deps.store.write(async (within) => {
    await demandOwnParts(within, named)
    const known = await within.vaults.object(keyOf(named))
    const objectBody = {
      policy,
      pending: waiting,
      pendingKey: sealed,
      pendingWish: { ...(wish as JsonObject), policy: null },
    }
    if (known && !known.deleted) return within.vaults.putObject({ ...known, body: { ...known.body, ...objectBody } })
    const body = { ...described({}, { ...wish, attributes: { ...wish.attributes, enabled: false } }, now), policy }
    await addVersion(within, { ...named, body, version: textAt(pending.version) ?? '', objectBody }, now)
  })
  return waiting
}

/** @throws VaultPendingNotFound; as `findObject` */
export async function pendingOf({ store }: Pick<VaultDeps, 'store'>, named: Named): Promise<Pending> {
  const { body } = await findObject(store, named)
  if (!isObject(body.pending)) throw fault('VaultPendingNotFound', { name: named.name })
  return body.pending
}

/** Asks for an end of what is under way; what is over can't be called off. @throws VaultPendingNotFound */
export async function cancelPending(deps: VaultDeps, named: Named, requested: boolean): Promise<Pending> {
  return changePending(deps, named, (pending) =>
    pending.status === 'inProgress'
      ? { ...pending, cancellation_requested: requested, ...(requested && { status: 'cancelled' }) }
      : pending,
  )
}

/** Forgets what is under way, with its key. @throws VaultPendingNotFound */
export const deletePending = (deps: VaultDeps, named: Named): Promise<Pending> =>
  changePending(deps, named, () => undefined)

async function changePending(
  deps: VaultDeps,
  named: Named,
  change: (pending: Pending) => Pending | undefined,
): Promise<Pending> {
  return deps.store.write(async (within) => {
    const object = await findObject(within, named)
    const { pending, pendingKey, pendingWish, ...rest } = object.body
    if (!isObject(pending)) throw fault('VaultPendingNotFound', { name: named.name })
    const next = change(pending)
    const goesOn = next?.status === 'inProgress'
    const body = { ...rest, ...(next && { pending: next }), ...(goesOn && { pendingKey, pendingWish }) }
    await within.vaults.putObject({ ...object, body })
    return next ?? pending
  })
}

/** Completes a certificate with what an authority signed. @throws VaultPendingNotFound, VaultBadParameter */
export async function mergeCertificate(
  deps: VaultDeps,
  named: Named,
  { x5c, ...wish }: Described & { readonly x5c: readonly string[] },
): Promise<FoundVersion> {
  const { body } = await findObject(deps.store, named)
  const pending = objectAt(body.pending)
  if (pending.status !== 'inProgress' || typeof body.pendingKey !== 'string') {
    throw fault('VaultPendingNotFound', { name: named.name })
  }
  // Sealed by this install: what opens is what was written above.
  const material = JSON.parse(deps.sealing.open(body.pendingKey, pendingKeyContext(named))) as KeyMaterial
  const chain = x5c.map((text) => Buffer.from(text, 'base64'))
  demandSameKey(chain, nodeKey(material))
  return putCertificate(deps, named, {
    wish: { ...objectAt(body.pendingWish), ...wish },
    policy: objectAt(body.policy),
    material,
    chain,
    version: textAt(pending.version) ?? newVersionId(),
    pending: { ...pending, status: 'completed' },
  })
}

/** Takes over a certificate that a client brings: a PFX in Base64, or PEM. @throws VaultBadParameter */
export async function importCertificate(
  deps: VaultDeps,
  named: Named,
  wish: Described & { readonly value: string; readonly pwd?: string; readonly policy?: JsonObject },
): Promise<FoundVersion> {
  demandName(named)
  // PEM comes as it is, or in Base64 as a PFX does: clients differ.
  const bytes = Buffer.from(wish.value, 'base64')
  const pem = [wish.value, bytes.toString('latin1')].find((text) => text.includes('-----BEGIN '))
  const isPem = pem !== undefined
  const brought = isPem ? readPem(pem) : readPfx(bytes, wish.pwd ?? '')
  if (!brought.key) throw fault('VaultBadParameter', { reason: 'There is no private key in the certificate' })
  const chain = ownFirst(brought.chain, brought.key)
  demandSameKey(chain, brought.key)
  const jwk = brought.key.export({ format: 'jwk' })
  const material = importKey({ ...(jwk as JsonObject), ...(jwk.crv === 'secp256k1' && { crv: 'P-256K' }) })
  const [own] = chain
  const subject = own ? new X509Certificate(own).subject.split('\n').reverse().join(', ') : ''
  const policy = wholePolicy(
    {
      ...wish.policy,
      secret_props: { contentType: isPem ? PEM : PFX, ...objectAt(wish.policy?.secret_props) },
      x509_props: { subject, ...objectAt(wish.policy?.x509_props) },
      issuer: { name: 'Unknown', ...objectAt(wish.policy?.issuer) },
    },
    { key_props: { kty: material.shown.kty, ...(material.shown.crv !== undefined && { crv: material.shown.crv }) } },
  )
  return putCertificate(deps, named, { wish, policy, material, chain, version: newVersionId() })
}

function readPem(text: string): KeyedCertificate {
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z ]+)-----[\s\S]+?-----END \1-----/g)]
  const key = blocks.find(([, label]) => label?.endsWith('PRIVATE KEY'))
  try {
    const certificates = blocks
      .filter(([, label]) => label === 'CERTIFICATE')
      .map(([pem]) => new X509Certificate(pem).raw)
    return { key: key && createPrivateKey(key[0]), chain: certificates }
  } catch (cause) {
    throw fault('VaultBadParameter', { reason: 'The PEM holds no certificate and key that can be read' }, { cause })
  }
}

const ownFirst = (chain: readonly Buffer[], key: KeyObject): readonly Buffer[] =>
  chain.toSorted((a, b) => Number(isOver(b, key)) - Number(isOver(a, key)))

function isOver(certificate: Buffer, key: KeyObject): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(key)
  } catch {
    return false
  }
}

function demandSameKey([own]: readonly Buffer[], key: KeyObject): void {
  if (own && isOver(own, key)) return
  throw fault('VaultBadParameter', { reason: 'The certificate is not one over the private key' })
}

const nodeKey = ({ secret }: KeyMaterial): KeyObject => {
  const { key_ops: _ops, size: _size, ...jwk } = secret
  return createPrivateKey({ format: 'jwk', key: asNodeKey(jwk) })
}

function pemOf({ key, chain }: KeyedCertificate): string {
  const keyPem = key ? String(key.export({ format: 'pem', type: 'pkcs8' })) : ''
  return keyPem + chain.map((one) => new X509Certificate(one).toString()).join('')
}

async function keyOfCertificate(deps: VaultDeps, named: Named): Promise<KeyMaterial | undefined> {
  const key = keyOf({ ...named, kind: 'keys' })
  const object = await deps.store.vaults.object(key)
  const version = object && (await deps.store.vaults.version(key, object.version))
  if (!version) return undefined
  return { shown: objectAt(version.body.key), secret: objectAt(JSON.parse(openVersion(deps, version))) }
}

/** The policy by which the next version is made. @throws as `findObject` */
export async function certificatePolicy({ store }: Pick<VaultDeps, 'store'>, named: Named): Promise<JsonObject> {
  return objectAt((await findObject(store, named)).body.policy)
}

/** @throws VaultBadParameter, VaultNotSupported; as `findObject` */
export async function updatePolicy(deps: VaultDeps, named: Named, sent: JsonObject): Promise<JsonObject> {
  return deps.store.write(async (within) => {
    const object = await findObject(within, named)
    const policy = wholePolicy(sent, objectAt(object.body.policy))
    await within.vaults.putObject({ ...object, body: { ...object.body, policy } })
    return policy
  })
}

/** A version with the policy that it was made by. @throws as `findVersion` */
export const getCertificate = (deps: Pick<VaultDeps, 'store'>, named: Named, version: string): Promise<FoundVersion> =>
  findVersion(deps.store, named, version)

/** Makes a certificate anew whose policy says that it is time. */
export async function renewIfDue(deps: VaultDeps, named: Named, current: VaultVersion): Promise<void> {
  const policy = objectAt((await findObject(deps.store, named)).body.policy)
  const { nbf, exp } = objectAt(current.body.attributes)
  if (typeof nbf !== 'number' || typeof exp !== 'number' || issuerOf(policy) !== 'Self') return
  const due = renewalOf(policy, new Date(nbf * 1000), new Date(exp * 1000))
  if (due && due <= deps.now()) await createCertificate(deps, named, { policy })
}

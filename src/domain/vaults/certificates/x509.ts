// @peculiar/x509 needs the metadata reflection that this import puts in place.
import 'reflect-metadata'
import { randomBytes, webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { fault, isFault } from '../../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../../json.ts'
import { textsAt } from '../../roles/find-role.ts'
import { asNodeKey } from '../key-material.ts'

const DEFAULT_USES = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']
const HASHES: Readonly<Record<string, string>> = { 'P-256': 'SHA-256', 'P-384': 'SHA-384', 'P-521': 'SHA-512' }

/** A certificate over a key, signed by itself, as its policy says. DER. @throws VaultBadParameter */
export function selfSigned(key: JsonObject, policy: JsonObject, now: Date): Promise<Buffer> {
  return fitting(async () => {
    const { keys, signingAlgorithm } = await signerOf(key)
    const until = new Date(now)
    until.setUTCMonth(until.getUTCMonth() + Number(objectAt(policy.x509_props).validity_months))
    const made = await X509CertificateGenerator.createSelfSigned({
      serialNumber: randomBytes(16).toString('hex').replace(/^./, '1'),
      name: subjectOf(policy),
      notBefore: new Date(now.getTime() - 600_000),
      notAfter: until,
      keys,
      signingAlgorithm,
      extensions: await extensionsOf(policy, keys.publicKey),
    })
    return Buffer.from(made.rawData)
  })
}

/** A request for an authority outside to sign. DER. @throws VaultBadParameter */
export function signingRequest(key: JsonObject, policy: JsonObject): Promise<Buffer> {
  return fitting(async () => {
    const { keys, signingAlgorithm } = await signerOf(key)
    const made = await Pkcs10CertificateRequestGenerator.create({
      name: subjectOf(policy),
      keys,
      signingAlgorithm,
      extensions: await extensionsOf(policy, keys.publicKey),
    })
    return Buffer.from(made.rawData)
  })
}

async function signerOf(jwk: JsonObject) {
  const hash = jwk.kty === 'EC' ? HASHES[textAt(jwk.crv) ?? ''] : 'SHA-256'
  if (hash === undefined) {
    const reason = `A certificate over a key of curve ${jwk.crv} can't be signed here: take P-256, P-384 or P-521`
    throw fault('VaultNotSupported', { reason })
  }
  const algorithm =
    jwk.kty === 'EC' ? { name: 'ECDSA', namedCurve: textAt(jwk.crv) ?? '', hash } : { name: 'RSASSA-PKCS1-v1_5', hash }
  const { key_ops: _ops, size: _size, ...parts } = jwk
  const whole = asNodeKey(parts)
  const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...shown } = whole
  const [privateKey, publicKey] = await Promise.all([
    webcrypto.subtle.importKey('jwk', whole as webcrypto.JsonWebKey, algorithm, true, ['sign']),
    webcrypto.subtle.importKey('jwk', shown as webcrypto.JsonWebKey, algorithm, true, ['verify']),
  ])
  return { keys: { privateKey, publicKey }, signingAlgorithm: algorithm }
}

const subjectOf = (policy: JsonObject): string => textAt(objectAt(policy.x509_props).subject) ?? ''

async function extensionsOf(policy: JsonObject, publicKey: webcrypto.CryptoKey): Promise<Extension[]> {
  const { sans, ekus, key_usage: usage } = objectAt(policy.x509_props)
  const { dns_names: dns, emails, upns } = objectAt(sans)
  const names = [
    ...textsAt(dns).map((value) => ({ type: 'dns', value }) as const),
    ...textsAt(emails).map((value) => ({ type: 'email', value }) as const),
    ...textsAt(upns).map((value) => ({ type: 'upn', value }) as const),
  ]
  const uses = textsAt(ekus)
  return [
    new BasicConstraintsExtension(false, undefined, false),
    new KeyUsagesExtension(flagsOf(textsAt(usage)), true),
    new ExtendedKeyUsageExtension(uses.length > 0 ? [...uses] : DEFAULT_USES),
    ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
    await SubjectKeyIdentifierExtension.create(publicKey),
  ]
}

function flagsOf(usage: readonly string[]): number {
  const flags: Readonly<Record<string, number | string>> = KeyUsageFlags
  return usage.reduce((all, name) => {
    const flag = flags[name]
    if (typeof flag !== 'number') throw fault('VaultBadParameter', { reason: `'${name.slice(0, 40)}' is no key_usage` })
    return all | flag
  }, 0)
}

/** What a certificate library refuses is in the policy: names that are none, uses that are no object identifiers. */
async function fitting<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (isFault(error)) throw error
    const reason = 'The policy does not make a certificate: look at its subject, its names and its ekus'
    throw fault('VaultBadParameter', { reason }, { cause: error })
  }
}

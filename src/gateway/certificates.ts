// @peculiar/x509 needs the metadata reflection that this import puts in place.
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { permittedNames } from './name-constraints.ts'

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY = 86_400_000
const NAME_CONSTRAINTS = '2.5.29.30'

export interface Pem {
  readonly certificate: string
  readonly key: string
}

/** A fresh authority as it is kept: the root's certificate alone, and the intermediate with its key. */
export interface NewAuthority {
  readonly root: string
  readonly intermediate: Pem
}

/**
 * Makes a root and, under it, an intermediate that may sign for `domains` and this machine alone. The root's key is
 * gone when this returns: Java ignores constraints on a root, so it must never sign again.
 */
export async function makeAuthority(domains: readonly string[], now: Date, days: number): Promise<NewAuthority> {
  const rootKeys = await newKeys()
  const keys = await newKeys()
  const validity = { notBefore: new Date(now.getTime() - DAY), notAfter: new Date(now.getTime() + days * DAY) }
  const tag = serial().slice(0, 8)
  const root = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: `CN=Lazuli root ${tag}, O=Lazuli (this machine only)`,
    ...validity,
    keys: rootKeys,
    signingAlgorithm: EC,
    extensions: [
      new BasicConstraintsExtension(true, 1, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(rootKeys.publicKey),
    ],
  })
  const intermediate = await X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: `CN=Lazuli intermediate ${tag}, O=Lazuli (this machine only)`,
    issuer: root.subject,
    ...validity,
    publicKey: keys.publicKey,
    signingKey: rootKeys.privateKey,
    signingAlgorithm: EC,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      new Extension(NAME_CONSTRAINTS, true, permittedNames(domains)),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(root.publicKey),
    ],
  })
  return {
    root: root.toString('pem'),
    intermediate: { certificate: intermediate.toString('pem'), key: await privatePem(keys.privateKey) },
  }
}

/** Signs leaves under one intermediate; every leaf of a process shares one key, which never touches the disk. */
export async function leafSigner(intermediate: Pem) {
  const issuer = new X509Certificate(intermediate.certificate)
  const signingKey = await importPrivate(intermediate.key)
  const keys = await newKeys()
  const key = await privatePem(keys.privateKey)
  const authority = await AuthorityKeyIdentifierExtension.create(issuer.publicKey)
  const subjectKey = await SubjectKeyIdentifierExtension.create(keys.publicKey)

  /** A leaf for these names (the first is its subject), with the intermediate behind it. */
  return async (names: readonly LeafName[], notBefore: Date, notAfter: Date): Promise<Pem> => {
    const first = names[0]?.value ?? 'localhost'
    const leaf = await X509CertificateGenerator.create({
      serialNumber: serial(),
      // A common name holds 64 characters at most; clients read the alternative names.
      subject: `CN=${first.length <= 64 ? first : 'lazuli'}`,
      issuer: issuer.subject,
      notBefore,
      notAfter,
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: EC,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension(names.map(({ type, value }) => ({ type, value }))),
        subjectKey,
        authority,
      ],
    })
    return { certificate: `${leaf.toString('pem')}\n${intermediate.certificate}\n`, key }
  }
}

export interface LeafName {
  readonly type: 'dns' | 'ip'
  readonly value: string
}

const newKeys = () => webcrypto.subtle.generateKey(EC, true, ['sign', 'verify'])

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64')
  return `-----BEGIN PRIVATE KEY-----\n${der.replace(/(.{64})(?=.)/g, '$1\n')}\n-----END PRIVATE KEY-----\n`
}

function importPrivate(pem: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  return webcrypto.subtle.importKey('pkcs8', der, EC, false, ['sign'])
}

/** A positive serial of 16 random bytes, in hex. */
function serial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16))
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return Buffer.from(bytes).toString('hex')
}

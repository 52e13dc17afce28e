import { createHmac, createPrivateKey, type KeyObject, randomBytes } from 'node:crypto'
import forge from 'node-forge'
import { fault } from '../../../faults.ts'

/** A private key with its certificate and those above it. */
export interface KeyedCertificate {
  readonly key: KeyObject | undefined
  /** DER; the key's own first. */
  readonly chain: readonly Buffer[]
}

const { asn1, pkcs12, pki, util } = forge
const OIDS: Readonly<Record<string, string>> = pki.oids
const MAC_ITERATIONS = 2048

/** Reads a PFX. @throws VaultBadParameter where it is none or the password does not open it */
export function readPfx(bytes: Buffer, password: string): KeyedCertificate {
  try {
    const pfx = pkcs12.pkcs12FromAsn1(asn1.fromDer(util.createBuffer(bytes.toString('latin1'))), password)
    const certificates = bagsOf(pfx, 'certBag').map(({ cert, asn1: raw }) =>
      der(cert ? pki.certificateToAsn1(cert) : raw),
    )
    const [key] = [...bagsOf(pfx, 'pkcs8ShroudedKeyBag'), ...bagsOf(pfx, 'keyBag')]
    const pkcs8 = key && (key.key ? pki.wrapRsaPrivateKey(pki.privateKeyToAsn1(key.key)) : key.asn1)
    return {
      key: pkcs8 && createPrivateKey({ key: der(pkcs8), format: 'der', type: 'pkcs8' }),
      chain: certificates,
    }
  } catch (cause) {
    const reason = 'The certificate is no PFX (PKCS #12), or its password is another one'
    throw fault('VaultBadParameter', { reason }, { cause })
  }
}

function bagsOf(pfx: forge.pkcs12.Pkcs12Pfx, name: string): readonly forge.pkcs12.Bag[] {
  const type = OIDS[name] ?? ''
  return pfx.getBags({ bagType: type })[type] ?? []
}

const der = (value: forge.asn1.Asn1): Buffer => Buffer.from(asn1.toDer(value).getBytes(), 'latin1')

/**
 * Writes a PFX with an empty password and without encryption, as Key Vault hands certificates out: RFC 7292, a key bag and
 * certificate bags in the clear under a MAC of SHA-256.
 */
export function writePfx({ key, chain }: KeyedCertificate): Buffer {
  const id = [attribute(OIDS.localKeyId ?? '', octets(Buffer.from([1])))]
  const bags = chain.map((certificate, at) => {
    const x509 = sequence(oid(OIDS.x509Certificate ?? ''), tagged(octets(certificate)))
    return sequence(oid(OIDS.certBag ?? ''), tagged(x509), ...(at === 0 && key ? [set(...id)] : []))
  })
  const pkcs8 = key?.export({ format: 'der', type: 'pkcs8' })
  if (pkcs8) bags.push(sequence(oid(OIDS.keyBag ?? ''), tagged(parsed(pkcs8)), set(...id)))
  const safe = der(sequence(data(der(sequence(...bags)))))
  const salt = randomBytes(20)
  const mac = createHmac('sha256', macKey(salt)).update(safe).digest()
  const digest = sequence(sequence(oid(OIDS.sha256 ?? ''), nothing()), octets(mac))
  return der(sequence(integer(3), data(safe), sequence(digest, octets(salt), integer(MAC_ITERATIONS))))
}

/** The MAC's key from the empty password: RFC 7292, appendix B, by the library. */
function macKey(salt: Buffer): Buffer {
  const bytes = util.createBuffer(salt.toString('latin1'))
  const made = pkcs12.generateKey('', bytes, 3, MAC_ITERATIONS, 32, forge.md.sha256.create())
  return Buffer.from(made.getBytes(), 'latin1')
}

const { Class, Type } = asn1
const sequence = (...parts: forge.asn1.Asn1[]) => asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, parts)
const set = (...parts: forge.asn1.Asn1[]) => asn1.create(Class.UNIVERSAL, Type.SET, true, parts)
const tagged = (part: forge.asn1.Asn1) => asn1.create(Class.CONTEXT_SPECIFIC, 0, true, [part])
const oid = (id: string) => asn1.create(Class.UNIVERSAL, Type.OID, false, asn1.oidToDer(id).getBytes())
const octets = (bytes: Buffer) => asn1.create(Class.UNIVERSAL, Type.OCTETSTRING, false, bytes.toString('latin1'))
const integer = (value: number) =>
  asn1.create(Class.UNIVERSAL, Type.INTEGER, false, asn1.integerToDer(value).getBytes())
const nothing = () => asn1.create(Class.UNIVERSAL, Type.NULL, false, '')
const parsed = (bytes: Buffer) => asn1.fromDer(util.createBuffer(bytes.toString('latin1')))
const attribute = (id: string, value: forge.asn1.Asn1) => sequence(oid(id), set(value))
const data = (bytes: Buffer) => sequence(oid(OIDS.data ?? ''), tagged(octets(bytes)))

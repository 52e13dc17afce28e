import { randomUUID, X509Certificate } from 'node:crypto'
import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, textAt } from '../../json.ts'

/** A certificate that an application signs its assertions with: `key` is its DER in base64. */
export interface KeyCredential {
  readonly keyId: string
  readonly displayName: string | null
  readonly type: string
  readonly usage: string
  readonly startDateTime: string
  readonly endDateTime: string
  /** SHA-1 of the certificate, in upper-case hexadecimal. */
  readonly customKeyIdentifier: string
  readonly key: string
}

/**
 * Certificates as they are to be kept. One that is sent without its key, as a client does that read the list and sends
 * it back longer, is the one that is known by its id.
 *
 * @throws GraphBadRequest for what is no certificate
 */
export function checkKeys(sent: readonly Json[], before: Json | undefined): readonly JsonObject[] {
  const known = keysOf({ keyCredentials: before })
  return sent.map((one) => {
    if (!isObject(one))
      throw fault('GraphBadRequest', { reason: "Invalid value specified for property 'keyCredentials'" })
    const same = known.find(({ keyId }) => keyId === one.keyId)
    return { ...(textAt(one.key) === undefined && same ? same : checkKey(one)) }
  })
}

/** The certificates that details hold. */
export const keysOf = ({ keyCredentials }: JsonObject): readonly KeyCredential[] =>
  Array.isArray(keyCredentials) ? (keyCredentials as unknown as readonly KeyCredential[]) : []

function checkKey(sent: JsonObject): KeyCredential {
  const type = textAt(sent.type) ?? 'AsymmetricX509Cert'
  if (type !== 'AsymmetricX509Cert') {
    throw fault('GraphBadRequest', {
      reason: `Key credentials of type '${type}' are not taken, only AsymmetricX509Cert`,
    })
  }
  const certificate = certificateOf(textAt(sent.key) ?? '')
  if (certificate.publicKey.asymmetricKeyType !== 'rsa') {
    throw fault('GraphBadRequest', { reason: 'Key credential is invalid: its certificate has no RSA key' })
  }
  const [from, until] = [certificate.validFromDate, certificate.validToDate]
  const start = timeOf(sent.startDateTime, from)
  const end = timeOf(sent.endDateTime, until)
  // A second's grace each way: az writes the times of a certificate that it has just made.
  if (start.getTime() < from.getTime() - 1000 || end.getTime() > until.getTime() + 1000) {
    throw fault('GraphBadRequest', { reason: 'Key credential end date is invalid: it lies outside of its certificate' })
  }
  return {
    keyId: textAt(sent.keyId) ?? randomUUID(),
    displayName: textAt(sent.displayName) ?? null,
    type,
    usage: textAt(sent.usage) ?? 'Verify',
    startDateTime: start.toISOString(),
    endDateTime: end.toISOString(),
    customKeyIdentifier: certificate.fingerprint.replaceAll(':', ''),
    key: certificate.raw.toString('base64'),
  }
}

function timeOf(sent: Json | undefined, otherwise: Date): Date {
  if (sent === undefined || sent === null) return otherwise
  const time = new Date(String(sent))
  if (Number.isNaN(time.getTime())) throw fault('GraphBadRequest', { reason: `'${String(sent)}' is no time` })
  return time
}

/** A certificate from base64 of its DER, or of its PEM, as Azure takes both. */
function certificateOf(key: string): X509Certificate {
  try {
    return new X509Certificate(Buffer.from(key, 'base64'))
  } catch (cause) {
    throw fault(
      'GraphBadRequest',
      { reason: 'Key credential is invalid: its key is no certificate in base64' },
      { cause },
    )
  }
}

import { fault } from '../../../faults.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../../../json.ts'
import { textsAt } from '../../roles/find-role.ts'

export const PFX = 'application/x-pkcs12'
export const PEM = 'application/x-pem-file'
const MOST_MONTHS = 1200

/** Whom a policy has certificates signed by: the certificate itself, or somebody outside who gets a request. */
export type Issuer = 'Self' | 'Unknown'

const refuse = (reason: string) => fault('VaultBadParameter', { reason })

/**
 * A policy whole: what is sent, over what it had, over Azure's defaults.
 *
 * @throws VaultBadParameter; VaultNotSupported for an issuer that certificates would have to be asked of
 */
export function wholePolicy(sent: JsonObject, before: JsonObject = {}): JsonObject {
  const part = (name: string, defaults: JsonObject) => ({
    ...defaults,
    ...objectAt(before[name]),
    ...objectAt(sent[name]),
  })
  const key = part('key_props', { exportable: true, kty: 'RSA', reuse_key: false })
  const { issuer: _issuer, ...rest } = { ...before, ...sent }
  const policy: JsonObject = {
    ...rest,
    key_props: { ...key, ...(key.kty === 'RSA' ? { key_size: key.key_size ?? 2048 } : { crv: key.crv ?? 'P-256' }) },
    secret_props: part('secret_props', { contentType: PFX }),
    x509_props: part('x509_props', { validity_months: 12, key_usage: ['digitalSignature', 'keyEncipherment'] }),
    lifetime_actions: sent.lifetime_actions ??
      before.lifetime_actions ?? [{ trigger: { lifetime_percentage: 80 }, action: { action_type: 'AutoRenew' } }],
    issuer: part('issuer', { name: 'Self' }),
  }
  demandPolicy(policy)
  return policy
}

function demandPolicy(policy: JsonObject): void {
  issuerOf(policy)
  const { contentType } = objectAt(policy.secret_props)
  if (contentType !== PFX && contentType !== PEM) throw refuse(`secret_props.contentType is neither ${PFX} nor ${PEM}`)
  const { validity_months: months, subject, sans, ekus } = objectAt(policy.x509_props)
  if (!Number.isInteger(months) || Number(months) < 1 || Number(months) > MOST_MONTHS) {
    throw refuse(`x509_props.validity_months must be between 1 and ${MOST_MONTHS}`)
  }
  const wrong = textsAt(ekus).find((one) => !/^[0-2](\.\d{1,10}){1,20}$/.test(one))
  if (wrong !== undefined) throw refuse(`'${wrong.slice(0, 40)}' in x509_props.ekus is no object identifier`)
  const named =
    textAt(subject) !== undefined || Object.values(objectAt(sans)).some((names) => textsAt(names).length > 0)
  if (textAt(subject) && !/^\s*[A-Za-z0-9.]+\s*=\s*[^\s=]/.test(textAt(subject) ?? '')) {
    throw refuse('x509_props.subject is no distinguished name like CN=example.com')
  }
  if (!named) throw refuse('A certificate needs x509_props.subject or subject alternative names')
  for (const action of Array.isArray(policy.lifetime_actions) ? policy.lifetime_actions : []) demandAction(action)
}

function demandAction(value: unknown): void {
  const { trigger, action } = objectAt(value)
  const { lifetime_percentage: percent, days_before_expiry: days } = objectAt(trigger)
  const type = textAt(objectAt(action).action_type)
  if (type !== 'AutoRenew' && type !== 'EmailContacts') throw refuse('An action_type is AutoRenew or EmailContacts')
  const inRange = typeof percent === 'number' ? percent >= 1 && percent <= 99 : typeof days === 'number' && days > 0
  if (!inRange) throw refuse('A trigger has lifetime_percentage from 1 to 99, or days_before_expiry')
}

/** @throws VaultNotSupported */
export function issuerOf(policy: JsonObject): Issuer {
  const name = textAt(objectAt(policy.issuer).name) ?? 'Self'
  const known = ({ self: 'Self', unknown: 'Unknown' } as const)[name.toLowerCase() as 'self' | 'unknown']
  if (known) return known
  throw fault('VaultNotSupported', {
    reason: `The issuer '${name.slice(0, 40)}' is a certificate authority that would have to be asked, and none is reached from here. Use Self, or Unknown and merge what your authority signs.`,
  })
}

/** When a certificate of this policy is made anew by itself; undefined where it is not. */
export function renewalOf(policy: JsonObject, notBefore: Date, notAfter: Date): Date | undefined {
  const actions = Array.isArray(policy.lifetime_actions) ? policy.lifetime_actions.filter(isObject) : []
  for (const { trigger, action } of actions) {
    if (objectAt(action).action_type !== 'AutoRenew') continue
    const { lifetime_percentage: percent, days_before_expiry: days } = objectAt(trigger)
    if (typeof days === 'number') return new Date(notAfter.getTime() - days * 86_400_000)
    if (typeof percent === 'number') {
      return new Date(notBefore.getTime() + ((notAfter.getTime() - notBefore.getTime()) * percent) / 100)
    }
  }
  return undefined
}

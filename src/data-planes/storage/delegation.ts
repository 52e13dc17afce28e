import { fault } from '../../faults.ts'
import { answerXml } from './answers.ts'
import type { GrantedCall, Plane } from './plane.ts'
import { receiveText } from './receive-body.ts'
import { timeOf } from './shared-access.ts'
import { childOf, element, parseXml, XML } from './xml.ts'

/** Azure's longest. */
const LONGEST_MS = 7 * 24 * 60 * 60 * 1000
const DOCUMENT_BYTES = 16 * 1024

/** Get User Delegation Key: only for the bearer of a token, whose rights a SAS of it can't exceed. */
export async function getUserDelegationKey(plane: Plane, call: GrantedCall): Promise<void> {
  const { asker } = call
  if (asker.by !== 'token') throw fault('DelegationKeyNeedsToken')
  const root = parseXml(await receiveText(plane, call, DOCUMENT_BYTES))
  const expiry = childOf(root, 'Expiry')?.text ?? ''
  const start = childOf(root, 'Start')?.text || `${plane.now().toISOString().slice(0, 19)}Z`
  if (root.name !== 'KeyInfo' || expiry === '') throw fault('InvalidXmlDocument')
  if (childOf(root, 'DelegatedUserTid')?.text) throw fault('NotImplementedHere', { operation: "Another tenant's user" })
  const [from, until] = [readTime(start, 'Start'), readTime(expiry, 'Expiry')]
  const now = plane.now().getTime()
  if (until <= from || until <= now || until - Math.max(from, now) > LONGEST_MS) throw invalid('Expiry')
  const service = call.service === 'file' ? 'f' : 'b'
  const version = call.version === '' ? '2021-12-02' : call.version
  const { objectId, tenantId } = asker.caller
  const fields = [objectId, tenantId, start, expiry, service, version]
  const key = await plane.accounts.delegationKey([call.account.id.toLowerCase(), ...fields])
  const names = ['SignedOid', 'SignedTid', 'SignedStart', 'SignedExpiry', 'SignedService', 'SignedVersion']
  const parts = names.map((name, at) => element(name, fields[at]))
  answerXml(
    call,
    `${XML}<UserDelegationKey>${parts.join('')}${element('Value', key.export().toString('base64'))}</UserDelegationKey>`,
  )
}

function readTime(text: string, name: string): number {
  try {
    return timeOf(text)
  } catch {
    throw invalid(name)
  }
}

const invalid = (name: string) =>
  fault('InvalidXmlNodeValue', {}, { details: [{ code: 'XmlNodeName', message: name }] })

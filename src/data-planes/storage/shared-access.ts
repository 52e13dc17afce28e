import { accountStringToSign, type SasFields, serviceStringToSign } from '../../blobs/sas.ts'
import { fault } from '../../faults.ts'
import type { AccessPolicy, ContainerRow } from '../../store/blobs.ts'
import type { Call } from './call.ts'
import { failed, isSigned } from './shared-key.ts'

/** What a checked SAS lets its bearer do. */
export interface SharedAccess {
  readonly kind: 'service' | 'account'
  readonly permissions: string
  /** An account SAS: `s`, `c`, `o`. */
  readonly resourceTypes: string
  /** A service SAS: the one blob that it is for; undefined for the whole container. */
  readonly blob: string | undefined
  readonly container: string | undefined
}

export interface SasContext {
  readonly now: Date
  readonly container: (name: string) => Promise<ContainerRow | undefined>
}

/** Whether a request carries a SAS. */
export const hasSas = ({ query }: Pick<Call, 'query'>): boolean => query.has('sig')

/**
 * Checks the SAS of a request, or of a copy's source.
 *
 * @throws StorageAuthenticationFailed, AuthorizationServiceMismatch, AuthorizationProtocolMismatch,
 *   AuthorizationSourceIPMismatch, KeyBasedAuthenticationNotPermitted, NotImplementedHere
 */
export async function demandSas(
  call: Pick<Call, 'account' | 'query' | 'container' | 'blob' | 'request'>,
  context: SasContext,
): Promise<SharedAccess> {
  const fields: SasFields = Object.fromEntries(call.query)
  if (fields.skoid !== undefined) throw fault('NotImplementedHere', { operation: 'A user delegation SAS' })
  const access = fields.ss === undefined ? await serviceSas(call, fields, context) : accountSas(call, fields, context)
  if (!call.account.allowsSharedKey) throw fault('KeyBasedAuthenticationNotPermitted')
  demandWhereFrom(call, fields)
  return access
}

async function serviceSas(
  call: Pick<Call, 'account' | 'query' | 'container' | 'blob'>,
  fields: SasFields,
  { now, container }: SasContext,
): Promise<SharedAccess> {
  const { sr, sig = '', si } = fields
  const name = call.container ?? ''
  if (sr === 'd') throw fault('NotImplementedHere', { operation: 'A SAS for a directory' })
  if (sr === 'bs' || sr === 'bv') throw fault('NotImplementedHere', { operation: 'A SAS for a snapshot or version' })
  if (sr !== 'b' && sr !== 'c') throw failed('sr is mandatory and must be b or c')
  if (name === '' || (sr === 'b' && call.blob === undefined)) throw failed('The SAS is for another kind of resource')
  const blob = sr === 'b' ? call.blob : undefined
  const text = serviceStringToSign(fields, {
    account: call.account.name,
    container: name,
    ...(blob !== undefined && { blob }),
  })
  if (!isSigned(call, text, Buffer.from(sig, 'base64'))) {
    throw failed(`Signature did not match. String to sign used was ${text}`)
  }
  const policy = si === undefined || si === '' ? undefined : await policyNamed(si, await container(name))
  const permissions = fields.sp ?? policy?.permissions ?? ''
  demandTime({ st: fields.st ?? policy?.start, se: fields.se ?? policy?.expiry }, now)
  return { kind: 'service', permissions, resourceTypes: '', blob, container: name }
}

async function policyNamed(id: string, container: ContainerRow | undefined): Promise<AccessPolicy> {
  const policy = container?.policies.find((one) => one.id === id)
  if (!policy) throw failed('The container has no access policy of the identifier in the SAS')
  return policy
}

function accountSas(call: Pick<Call, 'account'>, fields: SasFields, { now }: SasContext): SharedAccess {
  const { ss = '', srt = '', sp = '', sig = '' } = fields
  const text = accountStringToSign(fields, call.account.name)
  if (!isSigned(call, text, Buffer.from(sig, 'base64'))) {
    throw failed(`Signature did not match. String to sign used was ${text}`)
  }
  demandTime(fields, now)
  if (!ss.includes('b')) throw fault('AuthorizationServiceMismatch')
  return { kind: 'account', permissions: sp, resourceTypes: srt, blob: undefined, container: undefined }
}

function demandTime({ st, se }: { st?: string | undefined; se?: string | undefined }, now: Date): void {
  if (se === undefined || se === '') throw failed('Signed expiry must be specified in signature or SAS identifier')
  const start = st === undefined || st === '' ? Number.NEGATIVE_INFINITY : timeOf(st)
  const expiry = timeOf(se)
  if (now.getTime() >= expiry || now.getTime() < start) {
    throw failed(
      `Signature not valid in the specified time frame: Start [${st ?? ''}] - Expiry [${se}] - Current [${now.toUTCString()}]`,
    )
  }
}

/** ISO 8601 as a SAS may write it: a date, or a time in UTC to the minute, second or below. */
function timeOf(text: string): number {
  const isTime = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,7})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text)
  const time = isTime ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time)) throw failed(`'${text}' is no time that a SAS may carry`)
  return time
}

function demandWhereFrom({ request }: Pick<Call, 'request'>, { spr, sip }: SasFields): void {
  const isTls = 'encrypted' in request.socket && request.socket.encrypted === true
  if (spr === 'https' && !isTls) throw fault('AuthorizationProtocolMismatch')
  if (sip === undefined || sip === '') return
  const from = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '')
  const [first = '', last = first] = sip.split('-')
  const number = ipNumber(from)
  const [low, high] = [ipNumber(first), ipNumber(last)]
  const isInside = number !== undefined && low !== undefined && high !== undefined && number >= low && number <= high
  if (!isInside) throw fault('AuthorizationSourceIPMismatch', { ip: from })
}

function ipNumber(text: string): number | undefined {
  const parts = text.split('.').map(Number)
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return undefined
  return parts.reduce((sum, part) => sum * 256 + part, 0)
}

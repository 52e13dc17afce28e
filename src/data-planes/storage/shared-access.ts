import type { KeyObject } from 'node:crypto'
import {
  accountStringToSign,
  delegationStringToSign,
  fileStringToSign,
  type SasFields,
  type SasResource,
  serviceStringToSign,
} from '../../blobs/sas.ts'
import { fault } from '../../faults.ts'
import type { Caller } from '../../identity/identity.ts'
import type { AccessPolicy, ContainerRow } from '../../store/blobs.ts'
import type { Call } from './call.ts'
import { failed, isSigned, isSignedWith } from './shared-key.ts'

/** What a checked SAS lets its bearer do. */
export interface SharedAccess {
  readonly kind: 'service' | 'account'
  readonly permissions: string
  /** An account SAS: `s`, `c`, `o`. */
  readonly resourceTypes: string
  /** A service SAS: the one blob that it is for; undefined for a folder or the whole container. */
  readonly blob: string | undefined
  /** The folder that it is for, without a slash at its end; '' is the whole container. */
  readonly folder: string | undefined
  readonly container: string | undefined
  /** Who made it with a key of their own: it allows no more than they may. */
  readonly delegate: Caller | undefined
}

export interface SasContext {
  readonly now: Date
  readonly container: (name: string) => Promise<ContainerRow | undefined>
  readonly delegationKey: (fields: readonly string[]) => Promise<KeyObject>
  readonly tenantId: string
}

type Asked = Pick<Call, 'account' | 'query' | 'container' | 'blob' | 'request' | 'service'>

/** Whether a request carries a SAS. */
export const hasSas = ({ query }: Pick<Call, 'query'>): boolean => query.has('sig')

/**
 * Checks the SAS of a request, or of a copy's source.
 *
 * @throws StorageAuthenticationFailed, AuthorizationServiceMismatch, AuthorizationProtocolMismatch,
 *   AuthorizationSourceIPMismatch, KeyBasedAuthenticationNotPermitted, NotImplementedHere
 */
export async function demandSas(call: Asked, context: SasContext): Promise<SharedAccess> {
  const fields: SasFields = Object.fromEntries(call.query)
  const access =
    fields.skoid !== undefined
      ? await delegationSas(call, fields, context)
      : fields.ss === undefined
        ? await serviceSas(call, fields, context)
        : accountSas(call, fields, context)
  if (!(access.delegate || call.account.allowsSharedKey)) throw fault('KeyBasedAuthenticationNotPermitted')
  demandWhereFrom(call, fields)
  return access
}

/** The resource that a SAS of this `sr` must have been signed for. */
function resourceOf(call: Asked, { sr = '', sdd }: SasFields): SasResource & Pick<SharedAccess, 'folder'> {
  const { account, container = '', blob, query, service } = call
  const kinds = service === 'file' ? ['f', 's'] : ['b', 'c', 'd', 'bs', 'bv']
  if (!kinds.includes(sr)) throw failed(`sr is mandatory. Cannot be empty or other than ${kinds.join(', ')}`)
  const whole = { account: account.name, container, folder: undefined }
  if (container === '') throw failed('The SAS is for another kind of resource')
  if (sr === 'c' || sr === 's') return { ...whole, folder: '' }
  if (sr === 'd') {
    const depth = Number(sdd)
    const segments = (blob ?? query.get('directory') ?? '').split('/').filter((one) => one !== '')
    if (!Number.isInteger(depth) || depth < 0 || segments.length < depth) throw failed('sdd is missing or is not valid')
    const folder = segments.slice(0, depth).join('/')
    return { ...whole, ...(folder !== '' && { blob: folder }), folder }
  }
  if (blob === undefined) throw failed('The SAS is for another kind of resource')
  const time = { bs: query.get('snapshot'), bv: query.get('versionid') }[sr]
  if ((sr === 'bs' || sr === 'bv') && time === undefined) throw failed('The SAS is for another kind of resource')
  return { ...whole, blob, time: time ?? (sr === 'b' ? query.get('snapshot') : undefined) }
}

async function serviceSas(call: Asked, fields: SasFields, { now, container }: SasContext): Promise<SharedAccess> {
  const { sig = '', si } = fields
  const resource = resourceOf(call, fields)
  const text = call.service === 'file' ? fileStringToSign(fields, resource) : serviceStringToSign(fields, resource)
  if (!isSigned(call, text, Buffer.from(sig, 'base64'))) {
    throw failed(`Signature did not match. String to sign used was ${text}`)
  }
  const name = resource.container
  const policy = si === undefined || si === '' ? undefined : await policyNamed(si, await container(name))
  const permissions = fields.sp ?? policy?.permissions ?? ''
  demandTime({ st: fields.st ?? policy?.start, se: fields.se ?? policy?.expiry }, now)
  return { ...granted(resource, permissions), delegate: undefined }
}

const granted = (resource: ReturnType<typeof resourceOf>, permissions: string): Omit<SharedAccess, 'delegate'> => ({
  kind: 'service',
  permissions,
  resourceTypes: '',
  blob: resource.folder === undefined ? resource.blob : undefined,
  folder: resource.folder,
  container: resource.container,
})

/** A SAS made with a key that was given to a user: good while the key is, and for no more than the user may do. */
async function delegationSas(
  call: Asked,
  fields: SasFields,
  { now, delegationKey, tenantId }: SasContext,
): Promise<SharedAccess> {
  const { skoid = '', sktid = '', skt = '', ske = '', sks = '', skv = '', sig = '' } = fields
  for (const [name, operation] of NOT_YET) {
    if (fields[name] !== undefined) throw fault('NotImplementedHere', { operation })
  }
  if (sks !== (call.service === 'file' ? 'f' : 'b')) throw fault('AuthorizationServiceMismatch')
  const resource = resourceOf(call, fields)
  const text = delegationStringToSign(fields, resource)
  const key = await delegationKey([call.account.id.toLowerCase(), skoid, sktid, skt, ske, sks, skv])
  if (!isSignedWith([key], text, Buffer.from(sig, 'base64'))) {
    throw failed(`Signature did not match. String to sign used was ${text}`)
  }
  demandTime({ st: skt, se: ske }, now)
  if (timeOf(skt) < call.account.delegationKeysSince) throw failed('The user delegation key has been revoked')
  demandTime(fields, now)
  const delegate: Caller = { tenantId, objectId: skoid, kind: 'User', displayName: skoid }
  return { ...granted(resource, fields.sp ?? ''), delegate }
}

/** What binds a SAS further: passed over, it would grant more than its maker meant. */
const NOT_YET = [
  ['sduoid', 'A user delegation SAS that is bound to another user (sduoid)'],
  ['skdutid', "A user delegation key for another tenant's user (skdutid)"],
  ['srh', 'A user delegation SAS that is bound to request headers (srh)'],
  ['srq', 'A user delegation SAS that is bound to query parameters (srq)'],
  ['suoid', 'A user delegation SAS for an agent whose access control list is checked (suoid)'],
] as const

async function policyNamed(id: string, container: ContainerRow | undefined): Promise<AccessPolicy> {
  const policy = container?.policies.find((one) => one.id === id)
  if (!policy) throw failed('The container has no access policy of the identifier in the SAS')
  return policy
}

function accountSas(call: Asked, fields: SasFields, { now }: SasContext): SharedAccess {
  const { ss = '', srt = '', sp = '', sig = '' } = fields
  const text = accountStringToSign(fields, call.account.name)
  if (!isSigned(call, text, Buffer.from(sig, 'base64'))) {
    throw failed(`Signature did not match. String to sign used was ${text}`)
  }
  demandTime(fields, now)
  if (!ss.includes(call.service === 'file' ? 'f' : 'b')) throw fault('AuthorizationServiceMismatch')
  const none = { blob: undefined, folder: undefined, container: undefined, delegate: undefined }
  return { kind: 'account', permissions: sp, resourceTypes: srt, ...none }
}

export function demandTime({ st, se }: { st?: string | undefined; se?: string | undefined }, now: Date): void {
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
export function timeOf(text: string): number {
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

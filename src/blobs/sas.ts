import { createHmac, type KeyObject } from 'node:crypto'

/** The fields of a SAS by their query names (`sv`, `sr`, `sp`, `se` …). */
export type SasFields = Readonly<Record<string, string | undefined>>

/**
 * What a service SAS for blobs signs, by its version: the layouts of 2012-02-12 and later, and the one without `sv`.
 *
 * Source: learn.microsoft.com, "Create a service SAS", section "Construct the signature string".
 */
export function serviceStringToSign(fields: SasFields, resource: SasResource): string {
  const version = fields.sv ?? ''
  const path = pathOf(resource)
  const lines = [fields.sp, fields.st, fields.se, version >= '2015-02-21' ? `/blob${path}` : path, fields.si]
  if (version >= '2015-04-05') lines.push(fields.sip, fields.spr)
  if (version >= '2012-02-12') lines.push(version)
  if (version >= '2018-11-09') lines.push(fields.sr, resource.time)
  if (version >= '2020-12-06') lines.push(fields.ses)
  if (version >= '2013-08-15') lines.push(fields.rscc, fields.rscd, fields.rsce, fields.rscl, fields.rsct)
  return lines.map((line) => line ?? '').join('\n')
}

/** What a SAS is for. */
export interface SasResource {
  readonly account: string
  readonly container: string
  /** The blob or the directory; undefined for the whole container. */
  readonly blob?: string
  /** The snapshot or version that it is for. */
  readonly time?: string | undefined
}

const pathOf = ({ account, container, blob }: SasResource): string =>
  `/${account}/${container}${blob === undefined ? '' : `/${blob}`}`

/**
 * What a SAS signs that is made with a user's delegation key.
 *
 * Source: learn.microsoft.com, "Create a user delegation SAS"; the last two layouts as azure-storage-blob and
 * @azure/storage-blob write them.
 */
export function delegationStringToSign(fields: SasFields, resource: SasResource): string {
  const version = fields.sv ?? ''
  const { sp, st, se, skoid, sktid, skt, ske, sks, skv } = fields
  const lines = [sp, st, se, `/blob${pathOf(resource)}`, skoid, sktid, skt, ske, sks, skv]
  if (version >= '2020-02-10') lines.push(fields.saoid, fields.suoid, fields.scid)
  if (version >= '2025-07-05') lines.push(fields.skdutid, fields.sduoid)
  lines.push(fields.sip, fields.spr, version, fields.sr, resource.time)
  if (version >= '2020-12-06') lines.push(fields.ses)
  if (version >= '2026-04-06') lines.push('', '')
  lines.push(fields.rscc, fields.rscd, fields.rsce, fields.rscl, fields.rsct)
  return lines.map((line) => line ?? '').join('\n')
}

/** What a SAS for a share or a file signs. Source: as `serviceStringToSign`. */
export function fileStringToSign(fields: SasFields, resource: SasResource): string {
  const { sp, st, se, si, sip, spr, sv = '' } = fields
  const lines = [sp, st, se, `/file${pathOf(resource)}`, si, sip, spr, sv]
  lines.push(fields.rscc, fields.rscd, fields.rsce, fields.rscl, fields.rsct)
  return lines.map((line) => line ?? '').join('\n')
}

/** What an account SAS signs. Source: learn.microsoft.com, "Create an account SAS". */
export function accountStringToSign(fields: SasFields, account: string): string {
  const { sp, ss, srt, st, se, sip, spr, sv = '' } = fields
  const lines = [account, sp, ss, srt, st, se, sip, spr, sv]
  if (sv >= '2020-12-06') lines.push(fields.ses)
  return `${lines.map((line) => line ?? '').join('\n')}\n`
}

export const signatureOf = (text: string, key: KeyObject): string =>
  createHmac('sha256', key).update(text, 'utf8').digest('base64')

/** The version that SAS made here are written in: what clients of the last years understand. */
const OWN_VERSION = '2021-12-02'

/** Makes a service SAS, as a query without its question mark. */
export function serviceSas(
  at: { readonly account: string; readonly container: string; readonly blob?: string },
  options: { readonly permissions: string; readonly from: Date; readonly until: Date; readonly key: KeyObject },
): string {
  const fields: Record<string, string> = {
    sv: OWN_VERSION,
    st: seconds(options.from),
    se: seconds(options.until),
    sr: at.blob === undefined ? 'c' : 'b',
    sp: ordered(options.permissions),
  }
  return new URLSearchParams({ ...fields, sig: signatureOf(serviceStringToSign(fields, at), options.key) }).toString()
}

const seconds = (time: Date): string => `${time.toISOString().slice(0, 19)}Z`

/** Azure refuses permissions in any other order. */
const ordered = (permissions: string): string =>
  [...'racwdxyltmeopi'].filter((one) => permissions.includes(one)).join('')

import { createHmac, type KeyObject } from 'node:crypto'

/** The fields of a SAS by their query names (`sv`, `sr`, `sp`, `se` …). */
export type SasFields = Readonly<Record<string, string | undefined>>

/**
 * What a service SAS for blobs signs, by its version: the layouts of 2012-02-12 and later, and the one without `sv`.
 *
 * Source: learn.microsoft.com, "Create a service SAS", section "Construct the signature string".
 */
export function serviceStringToSign(
  fields: SasFields,
  { account, container, blob }: { readonly account: string; readonly container: string; readonly blob?: string },
): string {
  const version = fields.sv ?? ''
  const path = `/${account}/${container}${blob === undefined ? '' : `/${blob}`}`
  const lines = [fields.sp, fields.st, fields.se, version >= '2015-02-21' ? `/blob${path}` : path, fields.si]
  if (version >= '2015-04-05') lines.push(fields.sip, fields.spr)
  if (version >= '2012-02-12') lines.push(version)
  if (version >= '2018-11-09') lines.push(fields.sr, fields.snapshot ?? '')
  if (version >= '2020-12-06') lines.push(fields.ses)
  if (version >= '2013-08-15') lines.push(fields.rscc, fields.rscd, fields.rsce, fields.rscl, fields.rsct)
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

import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import { isObject, objectAt, textAt } from '../../json.ts'
import { answer, answerXml } from './answers.ts'
import type { GrantedCall, Plane } from './plane.ts'
import { receiveText } from './receive-body.ts'
import { childOf, element, parseXml, XML, type XmlNode } from './xml.ts'

const DOCUMENT_BYTES = 64 * 1024
const RULES = 5

/** Get Blob Service Properties: what is in force. Logs and metrics of the service itself are not written here. */
export async function getServiceProperties({ accounts }: Plane, call: GrantedCall): Promise<void> {
  const kept = await accounts.settings(call.account, call.service === 'file' ? 'fileServices' : 'blobServices')
  const off = '<RetentionPolicy><Enabled>false</Enabled></RetentionPolicy>'
  const metrics = (name: string) => `<${name}><Version>1.0</Version><Enabled>false</Enabled>${off}</${name}>`
  const version = textAt(kept.defaultServiceVersion)
  const rules = objectAt(kept.cors).corsRules
  const cors = (Array.isArray(rules) ? rules : []).filter(isObject).map(corsElement).join('')
  const isBlob = call.service !== 'file'
  answerXml(
    call,
    [
      `${XML}<StorageServiceProperties>`,
      isBlob
        ? `<Logging><Version>1.0</Version><Delete>false</Delete><Read>false</Read><Write>false</Write>${off}</Logging>`
        : '',
      metrics('HourMetrics'),
      metrics('MinuteMetrics'),
      cors === '' ? '<Cors />' : `<Cors>${cors}</Cors>`,
      version === undefined ? '' : element('DefaultServiceVersion', version),
      isBlob ? deleteElement(objectAt(kept.deleteRetentionPolicy)) : '',
      isBlob ? '<StaticWebsite><Enabled>false</Enabled></StaticWebsite>' : '',
      '</StorageServiceProperties>',
    ].join(''),
  )
}

const list = (value: unknown): string => (Array.isArray(value) ? value.join(',') : '')

const corsElement = (rule: JsonObject): string =>
  [
    '<CorsRule>',
    element('AllowedOrigins', list(rule.allowedOrigins)),
    element('AllowedMethods', list(rule.allowedMethods)),
    element('MaxAgeInSeconds', Number(rule.maxAgeInSeconds ?? 0)),
    element('ExposedHeaders', list(rule.exposedHeaders)),
    element('AllowedHeaders', list(rule.allowedHeaders)),
    '</CorsRule>',
  ].join('')

const deleteElement = ({ enabled, days, allowPermanentDelete }: JsonObject): string =>
  enabled === true
    ? `<DeleteRetentionPolicy><Enabled>true</Enabled>${element('Days', Number(days))}${element('AllowPermanentDelete', String(allowPermanentDelete === true))}</DeleteRetentionPolicy>`
    : '<DeleteRetentionPolicy><Enabled>false</Enabled></DeleteRetentionPolicy>'

/** Set Blob Service Properties: what the document does not speak of stays. */
export async function setServiceProperties(plane: Plane, call: GrantedCall): Promise<void> {
  const root = parseXml(await receiveText(plane, call, DOCUMENT_BYTES))
  if (root.name !== 'StorageServiceProperties') throw fault('InvalidXmlDocument')
  for (const [name, operation] of NOT_WRITTEN) {
    const node = childOf(root, name)
    const on = node && ['Enabled', 'Read', 'Write', 'Delete'].some((one) => childOf(node, one)?.text === 'true')
    if (on) throw fault('NotImplementedHere', { operation })
  }
  const cors = childOf(root, 'Cors')
  const retention = childOf(root, 'DeleteRetentionPolicy')
  const version = childOf(root, 'DefaultServiceVersion')?.text
  if (version !== undefined && version !== '' && !/^\d{4}-\d{2}-\d{2}$/.test(version))
    throw invalid('DefaultServiceVersion')
  await plane.accounts.changeSettings(call.account, call.service === 'file' ? 'fileServices' : 'blobServices', {
    ...(cors && { cors: { corsRules: readCors(cors) } }),
    ...(retention && { deleteRetentionPolicy: readRetention(retention) }),
    ...(version && { defaultServiceVersion: version }),
  })
  answer(call, 202)
}

/** To say yes to these and write nothing would be a lie. */
const NOT_WRITTEN = [
  ['Logging', 'Logs of a storage service'],
  ['HourMetrics', 'Hourly metrics of a storage service'],
  ['MinuteMetrics', 'Metrics of a storage service by the minute'],
  ['StaticWebsite', 'A static website of a storage account'],
] as const

const invalid = (name: string) =>
  fault('InvalidXmlNodeValue', {}, { details: [{ code: 'XmlNodeName', message: name }] })

function readCors(cors: XmlNode): JsonObject[] {
  if (cors.children.length > RULES) throw invalid('Cors')
  return cors.children.map((rule) => {
    const texts = (name: string) =>
      (childOf(rule, name)?.text ?? '')
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== '')
    const age = Number(childOf(rule, 'MaxAgeInSeconds')?.text ?? Number.NaN)
    const rest = { allowedOrigins: texts('AllowedOrigins'), allowedMethods: texts('AllowedMethods') }
    const isMethod = (one: string) =>
      ['DELETE', 'GET', 'HEAD', 'MERGE', 'POST', 'OPTIONS', 'PUT', 'PATCH'].includes(one)
    if (rest.allowedOrigins.length === 0) throw invalid('AllowedOrigins')
    if (rest.allowedMethods.length === 0 || !rest.allowedMethods.every(isMethod)) throw invalid('AllowedMethods')
    if (!Number.isInteger(age) || age < 0) throw invalid('MaxAgeInSeconds')
    return {
      ...rest,
      maxAgeInSeconds: age,
      exposedHeaders: texts('ExposedHeaders'),
      allowedHeaders: texts('AllowedHeaders'),
    }
  })
}

function readRetention(node: XmlNode): JsonObject {
  if (childOf(node, 'Enabled')?.text !== 'true') return { enabled: false }
  const days = Number(childOf(node, 'Days')?.text ?? Number.NaN)
  if (!Number.isInteger(days) || days < 1 || days > 365) throw invalid('Days')
  const permanent = childOf(node, 'AllowPermanentDelete')?.text === 'true'
  return { enabled: true, days, ...(permanent && { allowPermanentDelete: true }) }
}

/** Get Account Information. */
export function getAccountInformation(_plane: Plane, call: GrantedCall): void {
  const { sku, kind, isHierarchical } = call.account
  answer(call, 200, {
    'x-ms-sku-name': sku,
    'x-ms-account-kind': kind,
    'x-ms-is-hns-enabled': String(isHierarchical),
  })
}

/** An operation that Azure has and that is not there yet: refused by its name. */
export const notYet = (operation: string) => (): never => {
  throw fault('NotImplementedHere', { operation })
}

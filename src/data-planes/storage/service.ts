import { fault } from '../../faults.ts'
import { answer, answerXml } from './answers.ts'
import type { GrantedCall, Plane } from './plane.ts'
import { XML } from './xml.ts'

/** Get Blob Service Properties: what is in force here, which is what a new account has. */
export function getServiceProperties(_plane: Plane, call: GrantedCall): void {
  const off = '<RetentionPolicy><Enabled>false</Enabled></RetentionPolicy>'
  const metrics = (name: string) => `<${name}><Version>1.0</Version><Enabled>false</Enabled>${off}</${name}>`
  answerXml(
    call,
    [
      `${XML}<StorageServiceProperties>`,
      `<Logging><Version>1.0</Version><Delete>false</Delete><Read>false</Read><Write>false</Write>${off}</Logging>`,
      metrics('HourMetrics'),
      metrics('MinuteMetrics'),
      '<Cors />',
      '<DeleteRetentionPolicy><Enabled>false</Enabled></DeleteRetentionPolicy>',
      '<StaticWebsite><Enabled>false</Enabled></StaticWebsite>',
      '</StorageServiceProperties>',
    ].join(''),
  )
}

/** Get Account Information. */
export function getAccountInformation(_plane: Plane, call: GrantedCall): void {
  const { sku, kind } = call.account
  answer(call, 200, { 'x-ms-sku-name': sku, 'x-ms-account-kind': kind, 'x-ms-is-hns-enabled': 'false' })
}

/** An operation that Azure has and that is not there yet: refused by its name. */
export const notYet = (operation: string) => (): never => {
  throw fault('NotImplementedHere', { operation })
}

import { fault } from '../../faults.ts'

const LONGEST = 255
const ALIAS = /^[\w-]+$/
/** What `models:/name@…` and `models:/name/…` would read as something else. */
const RESERVED = /^(latest|v\d+)$/i

/** @throws ParameterInvalid for what can be no alias of a version */
export function checkAlias(alias: string): void {
  if (!ALIAS.test(alias)) {
    const reason = `Invalid alias name: '${alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`
    throw fault('ParameterInvalid', { reason })
  }
  if (alias.length > LONGEST) {
    const reason = `Registered model alias name exceeds the maximum length of ${LONGEST} characters.`
    throw fault('ParameterInvalid', { reason })
  }
  if (RESERVED.test(alias)) throw fault('ParameterInvalid', { reason: `'${alias}' alias name is reserved.` })
}

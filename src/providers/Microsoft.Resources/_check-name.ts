import type { ScopeOperation } from '../../arm/define-resource.ts'
import { fault } from '../../faults.ts'
import { textAt } from '../../json.ts'

/** Words that Azure lets no resource that a user names have: "Resolve reserved resource name errors". */
const RESERVED = new Set(
  `access azure bing bizspark biztalk cortana directx dotnet dynamics excel exchange forefront groove hololens hyperv
  kinect lync msdn o365 office office365 onedrive onenote outlook powerpoint sharepoint skype visio visualstudio`.split(
    /\s+/,
  ),
)
/** Words that a name may not have within it, and those that it may not begin with. */
const WITHIN = ['microsoft', 'windows']
const BEGINNING = ['login', 'xbox']

/** Whether a resource may be named so: reserved words are told apart here, the rules of a type by its PUT. */
export const checkResourceName: ScopeOperation = {
  method: 'POST',
  path: 'checkResourceName',
  scope: 'tenant',
  async answer(_deps, { body }) {
    const [name, type] = [textAt(body.name) ?? '', textAt(body.type) ?? '']
    if (name === '' || type === '') {
      throw fault('InvalidRequestContent', { reason: "'name' and 'type' must be given" })
    }
    const folded = name.toLowerCase()
    const reserved =
      RESERVED.has(folded) ||
      WITHIN.some((word) => folded.includes(word)) ||
      BEGINNING.some((word) => folded.startsWith(word))
    if (reserved) throw fault('ReservedResourceName', { name, type })
    return { body: { name, type, status: 'Allowed' } }
  },
}

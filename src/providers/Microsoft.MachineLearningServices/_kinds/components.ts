import { fault } from '../../../faults.ts'
import { isObject } from '../../../json.ts'
import type { AssetDeclaration } from '../_assets.ts'

/** A component's version: its specification is kept as it was sent, in the client's own spelling. */
export const components: AssetDeclaration = {
  kind: 'components',
  async check(_deps, { componentSpec }) {
    if (!isObject(componentSpec)) throw fault('AssetInvalid', { reason: "A component needs a 'componentSpec'." })
  },
}

import { ownerOf } from '../../../domain/assets/asset-kinds.ts'
import { checkComponent } from '../../../domain/assets/check-component.ts'
import type { AssetDeclaration } from '../_assets.ts'

/** A component's version: its specification is kept as it was sent, in the client's own spelling. */
export const components: AssetDeclaration = {
  kind: 'components',
  // azure-ai-ml asks for the latest of a component by it, and never by a label.
  latestName: 'azureml_default',
  check: async ({ store }, { componentSpec }, { id }) =>
    checkComponent(store.resources, ownerOf(id.text), componentSpec),
}

/**
 * `npm run test:terraform [-- azurerm | azuread]`: Terraform's providers, unmodified, against servers of their own. Needs
 * go and terraform.
 */
import { azuread } from './azuread.ts'
import { azurerm } from './azurerm.ts'
import { demandPrograms } from './terraform.ts'

demandPrograms()
const asked = process.argv.slice(2)
for (const [name, run] of Object.entries({ azuread, azurerm })) {
  if (asked.length > 0 && !asked.includes(name)) continue
  console.log(name)
  await run()
}

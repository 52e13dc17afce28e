import { Type } from 'typebox'
import { defineResource } from '../../../arm/define-resource.ts'
import { onlyChild } from '../../../domain/dependencies/only-child.ts'
import { normalRegion } from '../../../domain/workspaces/region.ts'
import { textAt } from '../../../json.ts'
import type { StoredResource } from '../../../store/resources.ts'

const TYPE = 'Microsoft.ContainerRegistry/registries/replications'
const home = ({ body }: StoredResource): string => normalRegion(textAt(body.location) ?? '')

/** Where a registry's content is: in its own region. There is one machine, so that a further place can't be made. */
export default defineResource({
  type: TYPE,
  name: /^[a-zA-Z0-9]{5,50}$/,
  verbs: [],
  patch: false,
  reads: Type.Object({}),
  backing: onlyChild({
    type: TYPE,
    name: home,
    body: (registry) => ({
      location: home(registry),
      properties: { regionEndpointEnabled: true, status: { displayStatus: 'Ready' }, zoneRedundancy: 'Disabled' },
    }),
  }),
})

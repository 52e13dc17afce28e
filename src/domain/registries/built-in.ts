import { fault } from '../../faults.ts'
import { REGISTRIES } from './registry-ids.ts'

/** The registry that every install has: Azure's own, in no subscription, for everybody to read and nobody to write. */
export const BUILT_IN = `/providers/${REGISTRIES}/azureml`

/** Who is written down as the maker of what stands in it: no client's caller has this name. */
export const PUBLISHER = 'Microsoft'

export const isBuiltIn = (id: string): boolean => {
  const key = id.toLowerCase()
  return key === BUILT_IN.toLowerCase() || key.startsWith(`${BUILT_IN.toLowerCase()}/`)
}

/** @throws RegistryReadOnly for what stands in a registry outside of any subscription */
export function demandWritable(id: string): void {
  if (/^\/providers\//i.test(id)) throw fault('RegistryReadOnly', { id })
}

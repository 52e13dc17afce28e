import { type Fault, type FaultDetail, fault } from '../../faults.ts'
import { parseResourceId } from '../../resource-id.ts'
import type { Resources } from '../../store/resources.ts'
import { adminUserEnabled } from '../dependencies/registry-credentials.ts'

/** What a workspace stands on, by the property that names it. A registry is made when first needed. */
export const workspaceDependencies = {
  storageAccount: { type: 'Microsoft.Storage/storageAccounts' },
  keyVault: { type: 'Microsoft.KeyVault/vaults' },
  applicationInsights: { type: 'Microsoft.Insights/components' },
  containerRegistry: { type: 'Microsoft.ContainerRegistry/registries' },
} as const

export type DependencyProperty = keyof typeof workspaceDependencies

const PROPERTIES = Object.keys(workspaceDependencies) as DependencyProperty[]

type Named = Readonly<Partial<Record<DependencyProperty, string | null>>>

/**
 * Refuses a workspace that does not name what it needs.
 *
 * @throws WorkspaceDependenciesMissing
 */
export function demandDependencies(named: Named, needs: readonly DependencyProperty[]): void {
  const missing = needs.filter((property) => !named[property])
  if (missing.length > 0) throw fault('WorkspaceDependenciesMissing', { properties: missing.join(', ') })
}

/**
 * What is wrong with the resources that a workspace names: undefined where all are there, of the right type and fit.
 * The first problem is the fault; all of them stand in its details, as a user mends them in one go.
 */
export async function dependencyFault(resources: Resources, named: Named): Promise<Fault | undefined> {
  const found: Fault[] = []
  for (const property of PROPERTIES) {
    const id = named[property]
    const problem = id && (await problemOf(resources, property, id))
    if (problem) found.push(problem)
  }
  const [first] = found
  if (!first || found.length === 1) return first
  const details: FaultDetail[] = found.map(({ code, message, extra }) => ({
    code,
    message,
    ...(extra.target && { target: extra.target }),
  }))
  return Object.assign(first, { extra: { ...first.extra, details } })
}

async function problemOf(resources: Resources, property: DependencyProperty, id: string): Promise<Fault | undefined> {
  const { type } = workspaceDependencies[property]
  const parsed = parseResourceId(id)
  const target = { target: `properties.${property}` }
  if (parsed?.type.toLowerCase() !== type.toLowerCase()) {
    return fault('WorkspaceDependencyWrongType', { property, id, type }, target)
  }
  const resource = await resources.get(parsed.text)
  if (!resource) return fault('WorkspaceDependencyNotFound', { property, id }, target)
  if (resource.provisioningState !== 'Succeeded') {
    return fault('WorkspaceDependencyNotReady', { property, id, state: resource.provisioningState }, target)
  }
  if (property === 'containerRegistry' && !adminUserEnabled(resource)) {
    return fault('WorkspaceRegistryWithoutAdmin', { id: resource.id }, target)
  }
  return undefined
}

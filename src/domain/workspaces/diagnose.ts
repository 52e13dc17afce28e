import type { JsonObject } from '../../json.ts'
import { objectAt } from '../../json.ts'
import type { Resources, StoredResource } from '../../store/resources.ts'
import { type DependencyProperty, dependencyFault } from './check-dependencies.ts'
import { dependencyIds } from './workspace-fault.ts'

const RESULTS: Readonly<Record<DependencyProperty, string>> = {
  storageAccount: 'storageAccountResults',
  keyVault: 'keyVaultResults',
  applicationInsights: 'applicationInsightsResults',
  containerRegistry: 'containerRegistryResults',
}

/** What `diagnose` of a workspace finds: each of its dependencies looked at anew. */
export async function diagnoseWorkspace(resources: Resources, workspace: StoredResource): Promise<JsonObject> {
  const named = dependencyIds(objectAt(workspace.body.properties))
  const found: Record<string, JsonObject[]> = {
    userDefinedRouteResults: [],
    networkSecurityRuleResults: [],
    resourceLockResults: [],
    dnsResolutionResults: [],
    otherResults: [],
  }
  for (const [property, result] of Object.entries(RESULTS) as [DependencyProperty, string][]) {
    const id = named[property]
    const problem = id && (await dependencyFault(resources, { [property]: id }))
    found[result] = problem ? [{ code: problem.code, level: 'Error', message: problem.message }] : []
  }
  return { value: found }
}

import { randomUUID } from 'node:crypto'
import { type Fault, fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { Resources, StoredResource } from '../../store/resources.ts'
import type { Deps } from '../deps.ts'
import { normalRegion } from './region.ts'
import { dependencyIds } from './workspace-fault.ts'
import { kindOf } from './workspace-kinds.ts'

export const WORKSPACES = 'Microsoft.MachineLearningServices/workspaces'

const INHERITED = ['storageAccount', 'keyVault', 'applicationInsights', 'containerRegistry'] as const

/**
 * A project's wish with what its hub stands on in place of its own.
 *
 * @throws ProjectHubInvalid, WorkspaceInheritsFromHub
 */
export async function withHub(resources: Resources, name: string, wish: JsonObject): Promise<JsonObject> {
  const properties = objectAt(wish.properties)
  const { hub, problem } = await hubOf(resources, wish)
  if (problem) throw problem
  const inherited = inheritedFrom(hub)
  const own = dependencyIds(properties)
  const differs = INHERITED.find(
    (property) => own[property] !== undefined && own[property]?.toLowerCase() !== inherited[property]?.toLowerCase(),
  )
  if (differs) throw fault('WorkspaceInheritsFromHub', { property: differs, workspace: name, hub: hub.name })
  return { ...wish, properties: { ...properties, ...inherited, hubResourceId: hub.id } }
}

/** The hub that a project names, or what keeps it from being one. */
export async function hubOf(
  resources: Resources,
  project: JsonObject,
): Promise<{ hub: StoredResource; problem?: undefined } | { hub?: undefined; problem: Fault }> {
  const id = textAt(objectAt(project.properties).hubResourceId) ?? ''
  const invalid = (reason: string) => ({
    problem: fault('ProjectHubInvalid', { reason }, { target: 'properties.hubResourceId' }),
  })
  if (id === '') return invalid("A workspace of kind Project needs the id of its hub in 'properties.hubResourceId'.")
  const hub = await resources.get(id)
  if (!hub) return invalid(`The hub '${id}' was not found.`)
  if (kindOf(hub.body) !== 'Hub') return invalid(`The workspace '${hub.name}' is not of kind Hub.`)
  if (hub.provisioningState !== 'Succeeded' && hub.provisioningState !== 'Updating') {
    return invalid(`The hub '${hub.name}' is ${hub.provisioningState}.`)
  }
  const [own, its] = [textAt(project.location) ?? '', textAt(hub.body.location) ?? ''].map(normalRegion)
  if (own !== its) {
    return invalid(`The hub '${hub.name}' is in region '${its}', the project in '${own}'. Both must be in one.`)
  }
  return { hub }
}

/** The projects of a hub. */
export async function projectsOf(resources: Resources, hub: string): Promise<readonly StoredResource[]> {
  const where = { 'properties.hubResourceId': hub }
  return (await resources.ofType('', WORKSPACES, { where })).items
}

/** @throws HubHasProjects */
export async function demandNoProjects(resources: Resources, hub: StoredResource): Promise<void> {
  if (kindOf(hub.body) !== 'Hub') return
  const projects = await projectsOf(resources, hub.id)
  if (projects.length === 0) return
  throw fault('HubHasProjects', { hub: hub.name, projects: projects.map(({ name }) => name).join(', ') })
}

/** Gives a hub's projects what it stands on now: an insights component or a registry may have taken another's place. */
export async function passOnToProjects({ store }: Pick<Deps, 'store'>, hub: StoredResource): Promise<void> {
  const inherited = inheritedFrom(hub)
  const stale = (project: StoredResource): boolean =>
    INHERITED.some((property) => (objectAt(project.body.properties)[property] ?? null) !== inherited[property])
  if (!(await projectsOf(store.resources, hub.id)).some(stale)) return
  await store.write(async (within) => {
    for (const project of (await projectsOf(within.resources, hub.id)).filter(stale)) {
      const properties = { ...objectAt(project.body.properties), ...inherited }
      await within.resources.put({ ...project, body: { ...project.body, properties }, etag: randomUUID() })
    }
  })
}

const inheritedFrom = (hub: StoredResource): Readonly<Record<(typeof INHERITED)[number], string | null>> => {
  const named = dependencyIds(objectAt(hub.body.properties))
  return {
    storageAccount: named.storageAccount ?? null,
    keyVault: named.keyVault ?? null,
    applicationInsights: named.applicationInsights ?? null,
    containerRegistry: named.containerRegistry ?? null,
  }
}

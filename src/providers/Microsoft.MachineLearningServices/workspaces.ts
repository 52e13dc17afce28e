import { Type } from 'typebox'
import { defineResource, done, failed } from '../../arm/define-resource.ts'
import { demandKnownNetwork, demandNoManagedNetwork } from '../../domain/dependencies/open-network.ts'
import { linkResources } from '../../domain/network/private-links.ts'
import { demandDependencies } from '../../domain/workspaces/check-dependencies.ts'
import { withSameEncryption } from '../../domain/workspaces/check-encryption.ts'
import { ensureDefaultDatastores } from '../../domain/workspaces/default-datastores.ts'
import { diagnoseWorkspace } from '../../domain/workspaces/diagnose.ts'
import { confirmEncryption, prepareEncryption } from '../../domain/workspaces/encrypt-workspace.ts'
import { workspaceFeatures } from '../../domain/workspaces/features.ts'
import {
  demandNoProjects,
  hubOf,
  passOnToProjects,
  projectsOf,
  WORKSPACES,
  withHub,
} from '../../domain/workspaces/hubs.ts'
import { normalRegion } from '../../domain/workspaces/region.ts'
import { removeWorkspaceRuns } from '../../domain/workspaces/remove-workspace-runs.ts'
import { RETENTION_DAYS } from '../../domain/workspaces/retention.ts'
import {
  demandSameFoundation,
  dependencyIds,
  withWholeIds,
  workspaceFault,
} from '../../domain/workspaces/workspace-fault.ts'
import { workspaceGuid } from '../../domain/workspaces/workspace-guid.ts'
import { ensureIdentity, identityView } from '../../domain/workspaces/workspace-identity.ts'
import { workspaceKeys, workspaceStorageKey } from '../../domain/workspaces/workspace-keys.ts'
import { kindNames, kindOf, rulesOf } from '../../domain/workspaces/workspace-kinds.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { parseResourceId } from '../../resource-id.ts'
import { linkedDependencies, linkedIdentities } from './_linked.ts'

const WorkspaceBody = Type.Object({
  location: Type.Optional(Type.String()),
  kind: Type.Optional(Type.String()),
  properties: Type.Optional(
    Type.Object({ allowRecoverSoftDeletedWorkspace: Type.Optional(Type.Union([Type.Boolean(), Type.String()])) }),
  ),
})

/**
 * A workspace. Its dependencies are looked at when the operation runs, so that the operation's poller tells what is
 * wrong with them, as the article promises; it comes with its datastores and their containers.
 */
export default defineResource({
  type: WORKSPACES,
  name: /^[a-zA-Z0-9][\w-]{2,32}$/,
  reads: WorkspaceBody,
  statuses: { created: 202, createdDone: 202, updated: 200 },
  tolerates: withoutEmptyParts,
  defaults: () => ({
    kind: 'Default',
    sku: { name: 'Basic', tier: 'Basic' },
    properties: {
      friendlyName: '',
      description: '',
      hbiWorkspace: false,
      publicNetworkAccess: 'Enabled',
      allowPublicAccessWhenBehindVnet: false,
      v1LegacyMode: false,
      containerRegistry: null,
    },
  }),
  list(query) {
    const kinds = query
      .get('kind')
      ?.toLowerCase()
      .split(',')
      .map((kind) => kind.trim())
    return kinds ? { keep: ({ body }) => kinds.includes((kindOf(body) ?? '').toLowerCase()) } : {}
  },
  references: [{ path: 'properties.hubResourceId', type: WORKSPACES }],
  linked: (request) => [...linkedDependencies(request), ...linkedIdentities(request)],
  recovers: ({ body }) => wantsRecovery(body),
  async check(deps, { id, body, existing, deleted }) {
    const { store } = deps
    demandKnownNetwork(id.name, objectAt(body.properties))
    demandNoManagedNetwork(id.name, objectAt(body.properties))
    if (deleted && !wantsRecovery(body)) {
      throw fault('WorkspaceSoftDeleted', { workspace: deleted.name })
    }
    if (deleted) return { ...deleted.body }
    if (!kindOf(body)) throw fault('WorkspaceKindUnsupported', { kind: body.kind ?? '', kinds: kindNames })
    const { needs, ofHub } = rulesOf(body)
    const properties = withWholeIds(body.properties ?? {})
    const own: JsonObject = { ...body, location: normalRegion(body.location ?? ''), properties }
    const wish = ofHub ? await withHub(store.resources, id.name, own) : own
    demandDependencies(dependencyIds(objectAt(wish.properties)), needs)
    if (!existing) {
      await prepareEncryption(deps, id.key, wish)
      return wish
    }
    demandSameFoundation(existing, wish)
    const sealed = withSameEncryption(existing, wish)
    // What stands is not put at risk by a wish that can't come true: an update is refused before it is written.
    const problem = existing.provisioningState === 'Succeeded' && (await workspaceFault(deps, id.text, sealed))
    if (problem) throw problem
    return sealed
  },
  async apply(deps, { id, wish, state, resource }) {
    const { resources } = deps.store
    const hubless = rulesOf(wish).ofHub ? (await hubOf(resources, wish)).problem : undefined
    const problem = hubless ?? (await workspaceFault(deps, id.text, wish))
    if (problem) return failed(problem)
    await confirmEncryption(deps, id.key, wish)
    const account = parseResourceId(dependencyIds(wish.properties ?? {}).storageAccount ?? '')
    const stored = account && (await resources.get(account.text))
    if (!account || !stored) return failed(fault('WorkspaceDependenciesMissing', { properties: 'storageAccount' }))
    const guid = workspaceGuid(resource)
    const identity = await ensureIdentity(deps, id, objectAt(wish.identity))
    await ensureDefaultDatastores(deps, { workspace: resource, workspaceGuid: guid, account })
    if (kindOf(wish) === 'Hub') await passOnToProjects(deps, resource)
    return done({
      workspaceId: guid,
      identity,
      creationTime: state.creationTime ?? resource.system.createdAt,
      storageHnsEnabled: objectAt(stored.body.properties).isHnsEnabled === true,
    })
  },
  checkRemove: ({ store }, { resource }) => demandNoProjects(store.resources, resource),
  async remove(deps, { id }) {
    await removeWorkspaceRuns(deps, id.key)
    await deps.identities.remove(id.key)
    await deps.customerKeys.forget(id.key)
    return done()
  },
  softDelete: ({ state, closed }, query) => ({
    days: (state.workspaceId === undefined && !closed) || query.get('forceToPurge') === 'true' ? 0 : RETENTION_DAYS,
    keepsName: true,
  }),
  async view({ store, tenantId }, { id, body, state }, { origin }) {
    const projects = kindOf(body) === 'Hub' ? await projectsOf(store.resources, id) : undefined
    const region = textAt(body.location) ?? ''
    const identity = await identityView(store.resources, objectAt(body.identity), objectAt(state.identity))
    return {
      ...(identity && { identity }),
      properties: {
        ...(state.workspaceId !== undefined && {
          workspaceId: state.workspaceId,
          creationTime: state.creationTime,
          storageHnsEnabled: state.storageHnsEnabled,
        }),
        discoveryUrl: `${origin.discovery(region)}/discovery`,
        mlFlowTrackingUri: `${origin.regional(region).replace(/^https?:/, 'azureml:')}/mlflow/v1.0${id}`,
        tenantId,
        ...(projects && { associatedWorkspaces: projects.map((project) => project.id) }),
        privateEndpointConnections: [],
        privateLinkCount: 0,
      },
    }
  },
  actions: {
    privateLinkResources: {
      method: 'GET',
      answer: async (_deps, { resource }) =>
        linkResources(resource, [
          {
            group: 'amlworkspace',
            members: ['default', 'notebook', 'inference'],
            zones: ['privatelink.api.azureml.ms', 'privatelink.notebooks.azure.net'],
          },
        ]),
    },
    listKeys: { answer: async (deps, { resource }) => workspaceKeys(deps, resource) },
    listStorageAccountKeys: {
      answer: async (deps, { resource }) => ({ userStorageKey: await workspaceStorageKey(deps, resource) }),
    },
    // Keys are read from their owners each time, so there is no copy to bring up to date.
    resyncKeys: {
      async run(deps, { resource }) {
        await workspaceKeys(deps, resource)
        return done()
      },
    },
    features: { method: 'GET', answer: async (_deps, { arm }) => workspaceFeatures(arm.providers()) },
    diagnose: { answer: async (deps, { resource }) => diagnoseWorkspace(deps.store.resources, resource) },
    listNotebookKeys: { answer: refuseNotebooks('listNotebookKeys') },
    listNotebookAccessToken: { answer: refuseNotebooks('listNotebookAccessToken') },
    prepareNotebook: { answer: refuseNotebooks('prepareNotebook') },
  },
})

function refuseNotebooks(operation: string): () => Promise<never> {
  return async () => {
    throw fault('WorkspaceOperationUnsupported', { operation, why: 'there is no notebook service' })
  }
}

/** azure-ai-ml sends an empty key beside an encryption that is off, and an empty mode: there is none then. */
function withoutEmptyParts(body: JsonObject): JsonObject {
  const { encryption, systemDatastoresAuthMode, ...rest } = objectAt(body.properties)
  const isOff = textAt(objectAt(encryption).status)?.toLowerCase() === 'disabled'
  if (!isOff && systemDatastoresAuthMode !== '') return body
  return {
    ...body,
    properties: {
      ...rest,
      ...(!isOff && encryption !== undefined && { encryption }),
      ...(systemDatastoresAuthMode !== '' && systemDatastoresAuthMode !== undefined && { systemDatastoresAuthMode }),
    },
  }
}

const wantsRecovery = ({ properties }: { readonly properties?: JsonObject | undefined }): boolean =>
  [true, 'true'].includes((properties?.allowRecoverSoftDeletedWorkspace ?? false) as boolean | string)

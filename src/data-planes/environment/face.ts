import { Type } from 'typebox'
import { containerType } from '../../domain/assets/asset-kinds.ts'
import { findAsset } from '../../domain/assets/asset-reference.ts'
import { containerVersions } from '../../domain/assets/container-versions.ts'
import { definitionKey, definitionOf, propertiesOfDefinition } from '../../domain/assets/environment-definition.ts'
import { labelledVersion, setLabels } from '../../domain/assets/environment-labels.ts'
import { readPageToken } from '../../domain/search/page-token.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import { makeVersion } from '../asset-writes.ts'
import { historyRefusal } from '../history-errors.ts'
import { type Face, operation } from '../operation.ts'
import { presentPage } from '../paging.ts'

const read = 'environments/versions/read'
const write = 'environments/versions/write'
const Definition = Type.Record(Type.String(), Type.Any())

const named = (name: string, version?: string): { readonly kind: 'environments'; readonly reference: string } => ({
  kind: 'environments',
  reference: version === undefined ? `azureml:${name}@latest` : `azureml:${name}:${version}`,
})

/** Registers a definition; one that the latest version has already is that version. */
const register = (path: string) =>
  operation({
    name: 'environment.environments.versions.put',
    method: 'PUT',
    path,
    right: write,
    body: Definition,
    async answer(deps, { body, ...asking }) {
      const { workspace } = asking
      const { name = '', version } = asking.params as { readonly name?: string; readonly version?: string }
      const properties = await propertiesOfDefinition(deps, workspace.id, objectAt(body))
      const container = { id: `${workspace.id}/environments/${name}` }
      const resources = deps.store.resources
      const asked = version ?? (await containerVersions(resources, container, 'environments')).latestVersion
      const known = asked === null ? undefined : await resources.get(`${container.id}/versions/${asked}`)
      if (known && definitionKey(definitionOf(known)) === definitionKey(objectAt(body))) return definitionOf(known)
      return definitionOf(await makeVersion(deps, asking, { kind: 'environments', name, version, properties }))
    },
  })

/** What an image would be made of: no registry holds images here, and this says so. */
function imageDetails(version: StoredResource): JsonObject {
  const properties = objectAt(version.body.properties)
  const image = textAt(properties.image) ?? null
  return {
    imageExistsInRegistry: false,
    dockerImage: { name: image, registry: { address: null, username: null, password: null } },
    ingredients: {
      dockerfile: image === null ? null : `FROM ${image}`,
      condaDependencies: textAt(properties.condaFile) ?? null,
    },
    pythonEnvironment: { interpreterPath: 'python', condaEnvironmentPath: null, condaEnvironmentName: null },
  }
}

/** Environments of azureml's first client: definitions of versions that the resource manager has too. */
export const environmentFace: Face = {
  name: 'Environments',
  prefixes: ['/environment/v1.0'],
  refuse: historyRefusal,
  operations: [
    operation({
      name: 'environment.environments.list',
      method: 'GET',
      path: '/environments/',
      right: 'environments/read',
      query: Type.Object({ continuation: Type.Optional(Type.String()) }),
      async answer({ store }, { workspace, query, ...asked }) {
        const after = readPageToken(query.continuation)
        const page = await store.resources.children(workspace.id, containerType('environments', 'workspaces'), {
          limit: 100,
          ...(after !== undefined && { after }),
        })
        const items: JsonObject[] = []
        for (const container of page.items) {
          const { latestVersion } = await containerVersions(store.resources, container, 'environments')
          const latest = latestVersion && (await store.resources.get(`${container.id}/versions/${latestVersion}`))
          if (latest) items.push(definitionOf(latest))
        }
        return presentPage({ ...page, items }, (item) => item, {
          asked: { ...asked, workspace },
          parameter: 'continuation',
        })
      },
    }),
    operation({
      name: 'environment.environments.latest',
      method: 'GET',
      path: '/environments/{name}',
      right: read,
      answer: async ({ store }, { workspace, params }) =>
        definitionOf(await findAsset(store.resources, workspace.id, named(params.name))),
    }),
    operation({
      name: 'environment.environments.labels',
      method: 'GET',
      path: '/environments/{name}/labels/{label}',
      right: read,
      async answer({ store }, { workspace, params: { name, label } }) {
        const version = await labelledVersion(store, workspace.key, { name, label })
        const latest = version === undefined && label.toLowerCase() === 'latest'
        if (version === undefined && !latest) {
          throw fault('AssetNotNamed', { kind: 'environment', asset: `${name}@${label}` })
        }
        return definitionOf(await findAsset(store.resources, workspace.id, named(name, version)))
      },
    }),
    operation({
      name: 'environment.environments.versions',
      method: 'GET',
      path: '/environments/{name}/versions/{version}',
      right: read,
      answer: async ({ store }, { workspace, params }) =>
        definitionOf(await findAsset(store.resources, workspace.id, named(params.name, params.version))),
    }),
    register('/environments/{name}'),
    register('/environments/{name}/versions/{version}'),
    operation({
      name: 'environment.environments.versions.image',
      method: 'GET',
      path: '/environments/{name}/versions/{version}/image',
      right: read,
      answer: async ({ store }, { workspace, params }) =>
        imageDetails(await findAsset(store.resources, workspace.id, named(params.name, params.version))),
    }),
    operation({
      name: 'environment.environments.versions.metadata',
      method: 'PUT',
      path: '/environments/{name}/versions/{version}/metadata',
      right: write,
      body: Type.Object({ Labels: Type.Array(Type.String({ minLength: 1, maxLength: 255 })) }),
      async answer(deps, { workspace, params: { name, version }, body }) {
        const id = `${workspace.id}/environments/${name}/versions/${version}`
        if (!(await deps.store.resources.get(id))) {
          throw fault('AssetNotNamed', { kind: 'environment', asset: `${name}:${version}` })
        }
        await setLabels(deps, workspace.key, { name, version, labels: body.Labels })
        return { labels: body.Labels }
      },
    }),
  ],
}

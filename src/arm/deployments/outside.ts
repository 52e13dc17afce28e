import { fault } from '../../faults.ts'
import { type Json, type JsonObject, objectAt } from '../../json.ts'
import { groupId, parseResourceId, type ResourceId, subscriptionId } from '../../resource-id.ts'
import { openSecret } from '../../store/sealing.ts'
import type { ArmDeps } from '../arm-deps.ts'
import type { ReadContext } from '../define-resource.ts'
import { present } from '../envelope.ts'
import { getKept, putKept } from '../kept.ts'
import type { RegisteredType } from '../registry.ts'
import { sealAll } from '../secrets.ts'
import { absent } from '../verbs/write.ts'
import { ExpressionError } from './expressions/parse.ts'
import { RuntimeOnly } from './expressions/resolve.ts'
import type { Outside } from './expressions/scope.ts'
import { shownLink } from './links.ts'
import type { Names } from './names.ts'
import type { PlannedResource } from './plan.ts'
import { hiddenIn, type Placed, type Prepared } from './prepared.ts'
import { secretValues } from './secret-values.ts'
import { templateHash } from './template-hash.ts'

/** Some seconds of work; a template of 800 resources with ten expressions each takes a tenth of it. */
const MOST_EVALUATIONS = 500_000

/** The resources of the template, once they are known: for references by name. */
export interface Runtime {
  readonly names: Names
}

/**
 * What a template's expressions see around it. Without `runtime`, what only a running deployment knows is refused.
 * Everything is read with the rights of who deploys.
 */
export function outsideOf(arm: ArmDeps, placed: Placed, runtime?: Runtime): Outside {
  const { id, prepared } = placed
  const { deps } = arm
  const subscription = id.subscriptionId
  const atRuntime = (what: string): Runtime => {
    if (!runtime) throw new RuntimeOnly(`'${what}' can be asked only while the deployment runs`)
    return runtime
  }

  async function shown(text: string, version: string): Promise<JsonObject> {
    const { resource, type, context } = await read(text, version, 'read')
    return present(arm, type, resource, context)
  }

  async function read(text: string, version: string | undefined, right: string) {
    const asked = parseResourceId(text)
    const type = asked && arm.registry.type(asked.type)
    if (!asked || !type) throw new ExpressionError(`'${text}' is no id of a resource that is known here`)
    const resolved = arm.versions.resolve(version ?? arm.versions.newest(type), type.provider, type.path)
    await arm.access.demand(prepared.caller, `${type.right}/${right}`, asked.text)
    const resource = await getKept(deps.store, type, asked)
    if (!resource) throw absent(asked, type)
    const context: ReadContext = {
      origin: arm.origin,
      apiVersion: resolved.asked,
      query: new URLSearchParams(),
      caller: prepared.caller,
    }
    return { asked, type, resource, context }
  }

  const named = ({ names }: Runtime, name: string): PlannedResource | undefined => names.named(name)[0]

  async function reference(name: string, version: string | undefined, full: boolean): Promise<Json> {
    const found = named(atRuntime('reference'), name)
    const target = found?.id.text ?? (name.startsWith('/') ? name : undefined)
    if (target === undefined) throw new ExpressionError(`the resource '${name}' is not defined in the template`)
    if (version === undefined && !found) throw new ExpressionError(`an API version is needed for '${name}'`)
    const body = await shown(target, version ?? found?.apiVersion ?? '')
    if (!full) return objectAt(body.properties)
    const { id: _id, name: _name, type: _type, ...rest } = body
    const own = parseResourceId(target)
    return {
      apiVersion: version ?? found?.apiVersion ?? '',
      ...rest,
      resourceId: target,
      ...(own?.subscriptionId !== undefined && { subscriptionId: own.subscriptionId }),
      ...(own?.resourceGroup !== undefined && { resourceGroupName: own.resourceGroup }),
    }
  }

  return {
    budget: { left: MOST_EVALUATIONS },
    noteSecret: (value) => placed.secrets.add(value),
    deployer: async () => ({
      objectId: prepared.caller.objectId,
      tenantId: prepared.caller.tenantId,
      userPrincipalName: prepared.caller.kind === 'User' ? (prepared.caller.displayName ?? '') : '',
    }),
    place: { subscriptionId: subscription, resourceGroup: id.resourceGroup },
    deployment: async () => ({
      name: id.name,
      id: id.text,
      type: 'Microsoft.Resources/deployments',
      ...(placed.location !== undefined && { location: placed.location }),
      properties: {
        mode: prepared.mode,
        template: secretValues(prepared.secrets).hide(prepared.template),
        templateHash: templateHash(prepared.template),
        ...(prepared.link && { templateLink: shownLink(prepared.link) }),
        parameters: shownParameters(prepared),
        provisioningState: 'Running',
      },
    }),
    environment: async () => ({
      name: 'AzureCloud',
      gallery: 'https://gallery.azure.com/',
      graph: 'https://graph.windows.net/',
      portal: 'https://portal.azure.com',
      graphAudience: 'https://graph.windows.net/',
      activeDirectoryDataLake: 'https://datalake.azure.net/',
      batch: 'https://batch.core.windows.net/',
      media: 'https://rest.media.azure.net',
      sqlManagement: 'https://management.core.windows.net:8443/',
      vmImageAliasDoc:
        'https://raw.githubusercontent.com/Azure/azure-rest-api-specs/master/arm-compute/quickstart-templates/aliases.json',
      resourceManager: `${arm.origin.arm()}/`,
      authentication: {
        loginEndpoint: `${arm.origin.login()}/`,
        audiences: ['https://management.core.windows.net/', 'https://management.azure.com/'],
        tenant: 'common',
        identityProvider: 'AAD',
      },
      suffixes: {
        acrLoginServer: '.azurecr.io',
        azureDatalakeAnalyticsCatalogAndJob: 'azuredatalakeanalytics.net',
        azureDatalakeStoreFileSystem: 'azuredatalakestore.net',
        keyvaultDns: '.vault.azure.net',
        sqlServerHostname: '.database.windows.net',
        storage: 'core.windows.net',
      },
    }),
    async resourceGroup() {
      if (subscription === undefined || id.resourceGroup === undefined) {
        throw new ExpressionError('the deployment is in no resource group')
      }
      const { key, text, name } = groupId(subscription, id.resourceGroup)
      const group = await deps.store.resources.get(key)
      const planned = prepared.groups?.[key]
      if (!group && planned) {
        const properties = { provisioningState: 'Succeeded' }
        return { id: text, name, type: 'Microsoft.Resources/resourceGroups', ...planned, properties }
      }
      if (!group) throw fault('ResourceGroupNotFound', { group: id.resourceGroup })
      return {
        id: group.id,
        name: group.name,
        type: 'Microsoft.Resources/resourceGroups',
        ...group.body,
        properties: { provisioningState: group.provisioningState },
      }
    },
    async subscription() {
      if (subscription === undefined) throw new ExpressionError('the deployment is in no subscription')
      const found = await deps.store.resources.get(subscriptionId(subscription).key)
      return {
        id: `/subscriptions/${subscription}`,
        subscriptionId: subscription,
        tenantId: deps.tenantId,
        displayName: found?.body.displayName ?? subscription,
      }
    },
    tenant: async () => ({ tenantId: deps.tenantId, countryCode: 'US', displayName: 'Lazuli' }),
    async managementGroup() {
      throw new ExpressionError('there are no management groups here')
    },
    async providers(namespace, path) {
      const provider = arm.registry.provider(namespace)
      if (!provider) throw new ExpressionError(`the provider '${namespace}' is not known`)
      const listed = provider.types.map((type) => ({
        resourceType: type.path,
        locations: [],
        apiVersions: arm.versions.supported(provider, type.path).toReversed(),
      }))
      if (path === undefined) return { namespace: provider.namespace, resourceTypes: listed }
      const found = listed.find(({ resourceType }) => resourceType.toLowerCase() === path.toLowerCase())
      if (!found) throw new ExpressionError(`the type '${namespace}/${path}' is not known`)
      return found
    },
    reference,
    async references(loop, full) {
      const found = atRuntime('references').names.copiesOf(loop)
      if (found.length === 0) throw new ExpressionError(`the loop '${loop}' is not defined in the template`)
      const values: Json[] = []
      for (const one of found) values.push(await reference(one.key, one.apiVersion, full))
      return values
    },
    async resourceInfo(symbol) {
      const found = named(atRuntime('resourceInfo'), symbol)
      if (!found) throw new ExpressionError(`the resource '${symbol}' is not defined in the template`)
      return { id: found.id.text, name: found.name, type: found.type, apiVersion: found.apiVersion }
    },
    async list({ name, resource: asked, version, body }) {
      const target = named(atRuntime(name), asked)?.id.text ?? asked
      const probe = parseResourceId(target)
      const type = probe && arm.registry.type(probe.type)
      const found = Object.entries(type?.declaration.actions ?? {}).find(
        ([key, one]) => key.toLowerCase() === name.toLowerCase() && one.answer && (one.method ?? 'POST') === 'POST',
      )
      if (!found || !type) throw new ExpressionError(`'${target}' has no operation '${name}'`)
      const { asked: at, resource, context } = await read(target, version, `${found[0]}/action`)
      return (
        (await found[1].answer?.(deps, {
          id: at,
          wish: resource.body,
          state: resource.state,
          resource,
          secret: (path) => openSecret(deps.sealing, resource, path),
          arm: arm.inner,
          body,
          context,
          allows: (action, scope) => arm.access.allows(context.caller, action, scope),
          keep: (secrets, state) => keep(arm, { type, at }, secrets, state),
        })) ?? {}
      )
    },
  }
}

/** Values of parameters as an expression may see them: secure ones are asked by their names alone. */
function shownParameters(prepared: Prepared): JsonObject {
  const hidden = hiddenIn(prepared)
  const shown = Object.entries(prepared.parameters).filter(([name]) => !hidden.includes(name))
  return Object.fromEntries(shown.map(([name, value]) => [name, { value: value ?? null }]))
}

async function keep(
  { deps }: ArmDeps,
  { type, at }: { readonly type: RegisteredType; readonly at: ResourceId },
  secrets: Readonly<Record<string, string>>,
  state: JsonObject | undefined,
): Promise<void> {
  await deps.store.write(async (within) => {
    const kept = await getKept(within, type, at)
    if (!kept) throw absent(at, type)
    const sealed = { ...kept.secrets, ...sealAll(deps.sealing, kept.id, secrets) }
    await putKept(within, type, { ...kept, secrets: sealed, state: state ?? kept.state })
  })
}

import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { parseResourceId, type ResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { ArmDeps } from '../arm-deps.ts'
import type { DeploymentAsked, DeploymentCalls } from '../define-resource.ts'
import { canceled } from '../operations.ts'
import { advanceDeployment } from './advance.ts'
import { checkTemplate } from './check-template.ts'
import { operationRecords, stepsOf } from './operation-records.ts'
import { outsideOf } from './outside.ts'
import { isSecure } from './parameters.ts'
import { planDeployment } from './plan.ts'
import { preflight } from './preflight.ts'
import { type Placed, type Prepared, sealable, unsealed } from './prepared.ts'
import { resolveParameters } from './template-scope.ts'
import { murmur64 } from './unique-string.ts'
import { whatIf } from './what-if.ts'

/** Template deployments, for the declaration of their type. */
export function deploymentCalls(arm: () => ArmDeps): DeploymentCalls {
  return {
    async prepare(asked) {
      const placed = await placedOf(arm(), asked)
      const plan = await planDeployment(arm(), placed)
      await preflight(arm(), plan)
      const { prepared } = placed
      const shown = Object.entries(objectAt(prepared.template.parameters)).flatMap(([name, declaration]) => {
        const type = textAt(objectAt(declaration).type) ?? 'Object'
        return [[name, isSecure(declaration) ? { type } : { type, value: prepared.parameters[name] }] as const]
      })
      return {
        properties: {
          mode: prepared.mode,
          templateHash: templateHash(prepared.template),
          parameters: Object.fromEntries(shown),
          debugSetting: null,
          providers: providersOf(
            arm(),
            plan.resources.filter(({ made }) => made),
          ),
          dependencies: plan.resources.flatMap(({ key, made, id, name }) => {
            const after = plan.after.get(key) ?? []
            if (!made || after.length === 0) return []
            const others = plan.resources.filter((one) => one.made && after.includes(one.key))
            return [{ dependsOn: others.map(targetOf), ...targetOf({ id, name }) }]
          }),
          validatedResources: plan.resources.filter(({ made }) => made).map(({ id }) => ({ id: id.text })),
        },
        sealed: sealable(prepared),
      }
    },
    advance: (resource, sealed) => advanceDeployment(arm(), resource, unsealed(sealed)),
    whatIf: async (asked) => whatIf(arm(), await placedOf(arm(), asked)),
    cancel: (resource) => cancel(arm(), resource),
    operations: (resource) => operationRecords(resource, stepsOf(resource.state)),
    templateOf: (sealed) => unsealed(sealed).template,
    templateHash,
  }
}

const targetOf = ({ id, name }: { readonly id: ResourceId; readonly name: string }): JsonObject => ({
  id: id.text,
  resourceType: id.type,
  resourceName: name,
})

/** Azure's hash of a template, as publicly known: of its compact JSON in upper case. */
const templateHash = (template: JsonObject): string => murmur64(JSON.stringify(template).toUpperCase()).toString()

function providersOf(arm: ArmDeps, resources: readonly { readonly id: ResourceId }[]): Json {
  const types = new Set(resources.map(({ id }) => arm.registry.type(id.type)?.type ?? id.type))
  const namespaces = new Set([...types].map((type) => type.split('/')[0] ?? ''))
  return [...namespaces].map((namespace) => ({
    namespace,
    resourceTypes: [...types]
      .filter((type) => type.startsWith(`${namespace}/`))
      .map((type) => ({ resourceType: type.slice(namespace.length + 1), locations: [null] })),
  }))
}

/** A deployment as it was asked for, with its parameters' values. @throws every refusal of a request */
async function placedOf(arm: ArmDeps, { id, body, caller }: DeploymentAsked): Promise<Placed> {
  const properties = objectAt(body.properties)
  const { template, mode = 'Incremental' } = properties
  for (const part of ['templateLink', 'parametersLink', 'onErrorDeployment', 'extensionConfigs'] as const) {
    const value = properties[part]
    if (value !== undefined && value !== null)
      throw fault('DeploymentNotHere', { what: `The property '${part}' of a deployment` })
  }
  if (!isObject(template)) throw fault('InvalidDeployment', { reason: "it has no 'template'" })
  const chosen = (['Incremental', 'Complete'] as const).find(
    (one) => typeof mode === 'string' && one.toLowerCase() === mode.toLowerCase(),
  )
  if (!chosen)
    throw fault('InvalidDeployment', { reason: `its mode '${String(mode)}' is neither Incremental nor Complete` })
  const inGroup = id.resourceGroup !== undefined
  if (!inGroup && chosen === 'Complete') {
    throw fault('InvalidDeployment', { reason: 'the mode Complete is for resource groups only' })
  }
  const location = textAt(body.location)
  if (!inGroup && location === undefined) throw fault('LocationRequired')
  checkTemplate(template)
  const before: Prepared = { template, parameters: {}, caller, mode: chosen }
  const outside = outsideOf(arm, { id, location, prepared: before })
  const given = withoutSchema(properties.parameters)
  const parameters = await resolveParameters(template, given, { outside, now: arm.deps.now() })
  return { id, location, prepared: { ...before, parameters } }
}

/** Parameters, or a whole parameter file as some clients send it. */
function withoutSchema(parameters: Json | undefined): JsonObject {
  const given = objectAt(parameters)
  return typeof given.$schema === 'string' && isObject(given.parameters) ? given.parameters : given
}

/** Ends the deployment's operation: steps under way finish by themselves, and none begins any more. */
async function cancel({ deps, reconciler, registry }: ArmDeps, resource: StoredResource): Promise<void> {
  const refuse = () => fault('DeploymentNotRunning', { name: resource.name, state: resource.provisioningState })
  const running = reconciler.activeOn(resource.id)
  if (running === undefined || !registry.type(resource.type)) throw refuse()
  await deps.store.write(async (within) => {
    const operation = await within.operations.get(running)
    const kept = await within.resources.get(parseResourceId(resource.id)?.key ?? '')
    if (operation?.status !== 'InProgress' || operation.verb === 'delete' || !kept) throw refuse()
    await within.operations.put(canceled(operation, deps.now(), fault('DeploymentCanceled', { name: resource.name })))
    await within.resources.put({ ...kept, provisioningState: 'Canceled' })
  })
}

import { isFault } from '../../faults.ts'
import { type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { parseResourceId, type ResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import { openSecret } from '../../store/sealing.ts'
import type { ArmDeps } from '../arm-deps.ts'
import { DEPLOYMENT_SEALED, type DeploymentCalls } from '../deployment-calls.ts'
import { advanceDeployment, type Running } from './advance.ts'
import { placedOf } from './asked.ts'
import { bodyOf } from './body.ts'
import { cancelDeployment } from './cancel.ts'
import { exportGroup } from './export-group.ts'
import { member } from './expressions/values.ts'
import { followed, withoutSecrets } from './follow.ts'
import { demandRoom } from './history.ts'
import { shownLink } from './links.ts'
import { operationRecords, stepsOf } from './operation-records.ts'
import { SECURE_OUTPUT } from './outputs.ts'
import { withDefinition } from './parameters.ts'
import { type Plan, planDeployment } from './plan.ts'
import { preflight } from './preflight.ts'
import { hiddenIn, type Prepared, placedAgain, sealable, unsealed } from './prepared.ts'
import { type SecretValues, secretValues } from './secret-values.ts'
import { templateHash } from './template-hash.ts'
import { whatIf } from './what-if.ts'

/** How many deployments under way have their plans kept; others are planned again at each step. */
const MOST_PLANS = 100

/** Template deployments, for the declaration of their type. */
export function deploymentCalls(arm: () => ArmDeps): DeploymentCalls {
  const running = new Map<string, Running>()

  async function runningOf(resource: StoredResource, sealed: string | undefined): Promise<Running> {
    const key = keyOf(resource)
    const known = running.get(key)
    if (known) return known
    const id = parseResourceId(resource.id)
    if (!id) throw new Error(`'${resource.id}' is no id`)
    const placed = placedAgain({ id, location: textAt(resource.body.location) }, unsealed(sealed))
    const plan = await planDeployment(arm(), placed)
    if (Object.keys(stepsOf(resource.state)).length > 0) await noteSecrets(plan)
    const made = { arm: arm(), placed, plan, refused: new Map<string, number>() }
    if (running.size >= MOST_PLANS) running.clear()
    running.set(key, made)
    return made
  }

  /** What may not be told of a deployment, under way or over. */
  function secretsOf(resource: StoredResource): SecretValues {
    const known = running.get(keyOf(resource))?.placed.secrets
    const id = parseResourceId(resource.id)
    if (known || !id) return known ?? secretValues()
    return placedAgain(
      { id, location: undefined },
      unsealed(openSecret(arm().deps.sealing, resource, DEPLOYMENT_SEALED)),
    ).secrets
  }

  return {
    async prepare(asked) {
      const secrets = secretValues(asked.around?.secrets)
      return hiding(secrets, async () => {
        const placed = await placedOf(arm(), asked, { secrets })
        const plan = await planDeployment(arm(), placed)
        const validated = await preflight(arm(), { placed, plan })
        await demandRoom(arm(), asked.id)
        return { properties: shown(arm(), placed.prepared, plan, validated), sealed: sealable(placed.prepared) }
      })
    },
    async advance(resource, sealed) {
      const progress = await advanceDeployment(await runningOf(resource, sealed), resource)
      if (progress.at !== 'going-on') running.delete(keyOf(resource))
      return progress
    },
    async whatIf(asked) {
      const secrets = secretValues()
      return hiding(secrets, async () => whatIf(arm(), await placedOf(arm(), asked, { secrets }), asked.body))
    },
    cancel: (resource) => cancelDeployment(arm(), resource),
    // A cancelled one follows nothing any more, and what it began goes on all the same.
    async operations(resource) {
      const steps = await followed(arm(), stepsOf(resource.state))
      return operationRecords(resource, withoutSecrets(steps, secretsOf(resource)))
    },
    secureOutputs(resource) {
      const names = Object.keys(resource.secrets).filter((path) => path.startsWith(SECURE_OUTPUT))
      const outputs = objectAt(resource.state.outputs)
      const values = names.map((path): [string, Json] => [
        path.slice(SECURE_OUTPUT.length),
        JSON.parse(openSecret(arm().deps.sealing, resource, path) ?? 'null'),
      ])
      return Object.fromEntries(values.filter(([name]) => Object.hasOwn(outputs, name)))
    },
    exportGroup: (asked) => exportGroup(arm(), asked),
    templateOf(sealed) {
      const { template, secrets } = unsealed(sealed)
      return secretValues(secrets).hide(template)
    },
    templateHash,
  }
}

const keyOf = ({ id, etag }: StoredResource): string => `${id.toLowerCase()}#${etag}`

/** What a process that takes a deployment over has not seen evaluated: what was begun is told of all the same. */
async function noteSecrets({ resources }: Plan): Promise<void> {
  for (const one of resources) if (one.made) await bodyOf(one, one.scope, true)
}

/** Does it; a refusal tells no secret. */
async function hiding<T>(secrets: SecretValues, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw isFault(error) ? secrets.hideIn(error) : error
  }
}

/** What everybody who may read a deployment sees of it. */
function shown(arm: ArmDeps, prepared: Prepared, plan: Plan, validated: readonly string[]): JsonObject {
  const { template, link, onError } = prepared
  const hidden = hiddenIn(prepared)
  const made = plan.resources.filter((one) => one.made)
  const parameters = Object.entries(objectAt(template.parameters)).map(([name, declaration]) => {
    const type = textAt(withDefinition(template, objectAt(declaration)).type) ?? 'Object'
    const value = prepared.parameters[name]
    const reference = member(prepared.references ?? {}, name)
    if (reference !== undefined) return [name, { type, reference }] as const
    return [name, hidden.includes(name) ? { type } : { type, value }] as const
  })
  return {
    mode: prepared.mode,
    templateHash: templateHash(template),
    ...(link && { templateLink: shownLink(link) }),
    parameters: Object.fromEntries(parameters),
    debugSetting: prepared.records ? { detailLevel: prepared.records.join(', ') } : null,
    ...(prepared.correlationId !== undefined && { correlationId: prepared.correlationId }),
    ...(onError && { onErrorDeployment: { ...onError } }),
    providers: providersOf(arm, made),
    dependencies: made.flatMap(({ key, id, name }) => {
      const after = plan.after.get(key) ?? []
      if (after.length === 0) return []
      return [{ dependsOn: made.filter((one) => after.includes(one.key)).map(targetOf), ...targetOf({ id, name }) }]
    }),
    validatedResources: validated.map((id) => ({ id })),
  }
}

const targetOf = ({ id, name }: { readonly id: ResourceId; readonly name: string }): JsonObject => ({
  id: id.text,
  resourceType: id.type,
  resourceName: name,
})

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

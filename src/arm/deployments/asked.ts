import { fault } from '../../faults.ts'
import { inSentence, isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import type { ArmDeps } from '../arm-deps.ts'
import type { DeploymentAsked } from '../deployment-calls.ts'
import { checkTemplate } from './check-template.ts'
import { inexactIn } from './expressions/values.ts'
import { linkedParameters, linkedTemplate } from './links.ts'
import { onErrorOf } from './on-error.ts'
import { outsideOf } from './outside.ts'
import type { Placed, Prepared } from './prepared.ts'
import { recordedOf } from './recorded.ts'
import { resolveParameters } from './template-scope.ts'
import { fromVaults } from './vault-parameters.ts'

/**
 * A deployment as it was asked for: its template read from where it is, its parameters' values known. `secrets` is
 * told of those that nobody may see.
 *
 * @throws every refusal of a request
 */
export async function placedOf(
  arm: ArmDeps,
  { id, body, caller, correlationId, around }: DeploymentAsked,
  { secrets, unknown = [], groups, within = '' }: Pick<Placed, 'secrets'> & Looked,
): Promise<Placed> {
  const properties = objectAt(body.properties)
  if (Object.keys(objectAt(properties.extensionConfigs)).length > 0) {
    throw fault('DeploymentNotHere', { what: "The property 'extensionConfigs' of a deployment" })
  }
  const records = recordedOf(properties)
  const { template, link } = await templateOf(arm, properties)
  const mode = modeOf(properties)
  const inGroup = id.resourceGroup !== undefined
  if (!inGroup && mode === 'Complete') {
    throw fault('InvalidDeployment', { reason: 'the mode Complete is for resource groups only' })
  }
  const location = textAt(body.location)
  if (!inGroup) await demandLocation(arm, { id, location })
  checkTemplate(template, within)
  const onError = await onErrorOf(arm, id, properties.onErrorDeployment)
  const before: Prepared = {
    template,
    parameters: {},
    caller,
    mode,
    ...(correlationId !== undefined && { correlationId }),
    ...(link && { link }),
    ...(onError && { onError }),
    ...(records.length > 0 && { records }),
    ...(groups && { groups }),
    ...(within !== '' && { within }),
    ...(around?.secrets && around.secrets.length > 0 && { secrets: around.secrets }),
    ...(around?.base && { base: around.base }),
  }
  const { given, references } = await fromVaults(arm, {
    parameters: await givenParameters(arm, properties),
    template,
    caller,
  })
  const inexact = inexactIn(given, 'parameters')
  if (inexact !== undefined) throw fault('InexactInteger', { place: inexact })
  const outside = outsideOf(arm, { id, location, prepared: before, secrets })
  const resolved = await resolveParameters(template, given, { outside, now: arm.deps.now(), unknown, within })
  const later = resolved.unknown.length > 0 && { unknown: resolved.unknown }
  const secret = Object.keys(references).length > 0 && { references }
  return { id, location, secrets, prepared: { ...before, parameters: resolved.values, ...secret, ...later } }
}

/** What is said of one that is looked over from the deployment around it. */
type Looked = Pick<Prepared, 'unknown' | 'groups' | 'within'>

/** The template of a request, or the one that it links to. */
async function templateOf(
  arm: ArmDeps,
  { template, templateLink }: JsonObject,
): Promise<Pick<Prepared, 'template' | 'link'>> {
  const isLinked = isObject(templateLink)
  if (isLinked && template !== undefined && template !== null) {
    throw fault('InvalidDeployment', { reason: "it has both 'template' and 'templateLink'" })
  }
  if (isLinked) return linkedTemplate(arm, templateLink)
  if (!isObject(template)) throw fault('InvalidDeployment', { reason: "it has no 'template'" })
  return { template }
}

async function givenParameters(arm: ArmDeps, { parameters, parametersLink }: JsonObject): Promise<JsonObject> {
  if (!isObject(parametersLink)) return withoutSchema(parameters)
  if (isObject(parameters) && Object.keys(parameters).length > 0) {
    throw fault('InvalidDeployment', { reason: "it has both 'parameters' and 'parametersLink'" })
  }
  return withoutSchema(await linkedParameters(arm, parametersLink))
}

/** Parameters, or a whole parameter file as some clients send it. */
function withoutSchema(parameters: Json | undefined): JsonObject {
  const given = objectAt(parameters)
  return typeof given.$schema === 'string' && isObject(given.parameters) ? given.parameters : given
}

function modeOf({ mode = 'Incremental' }: JsonObject): Prepared['mode'] {
  const chosen = (['Incremental', 'Complete'] as const).find(
    (one) => typeof mode === 'string' && one.toLowerCase() === mode.toLowerCase(),
  )
  if (chosen) return chosen
  throw fault('InvalidDeployment', { reason: `its mode '${inSentence(mode)}' is neither Incremental nor Complete` })
}

/** Outside of a group a deployment is kept somewhere, and stays there. @throws LocationRequired, InvalidDeploymentLocation */
async function demandLocation({ deps }: ArmDeps, { id, location }: Pick<Placed, 'id' | 'location'>): Promise<void> {
  if (location === undefined) throw fault('LocationRequired')
  const kept = await deps.store.resources.get(id.key)
  const existing = textAt(kept?.body.location)
  const folded = (text: string): string => text.replaceAll(' ', '').toLowerCase()
  if (existing !== undefined && folded(existing) !== folded(location)) {
    throw fault('InvalidDeploymentLocation', { name: id.name, location, existing })
  }
}

import { type Fault, fault, isFault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { parseResourceId } from '../../resource-id.ts'
import type { ArmDeps } from '../arm-deps.ts'
import type { DeploymentAsked } from '../deployment-calls.ts'
import { isSecure, withDefinition } from './parameters.ts'

export interface VaultParameters extends Pick<DeploymentAsked, 'caller'> {
  readonly template: JsonObject
  readonly parameters: JsonObject
}

export interface FromVaults {
  /** As given, those that refer to a secret with its value. */
  readonly given: JsonObject
  /** Those that refer to one, as they do: shown in place of the value. */
  readonly references: JsonObject
}

/**
 * The given parameters with the values of the key vault secrets that they refer to.
 *
 * @throws KeyVaultParameterReference where one can't be read; AuthorizationFailed where the caller may not deploy with
 *   the vault; InvalidTemplateParameter where the parameter would show what is secret
 */
export async function fromVaults(arm: ArmDeps, asked: VaultParameters): Promise<FromVaults> {
  const given: [string, Json][] = []
  const references: [string, Json][] = []
  for (const [name, one] of Object.entries(asked.parameters)) {
    const reference = isObject(one) ? one.reference : undefined
    if (reference === undefined || reference === null) {
      given.push([name, one ?? null])
      continue
    }
    given.push([name, { value: await secretOf(arm, asked, name, objectAt(reference)) }])
    references.push([name, reference])
  }
  return { given: Object.fromEntries(given), references: Object.fromEntries(references) }
}

async function secretOf(
  arm: ArmDeps,
  { template, caller }: VaultParameters,
  name: string,
  { keyVault, secretName, secretVersion }: JsonObject,
): Promise<Json> {
  const declared = Object.entries(objectAt(template.parameters)).find(
    ([key]) => key.toLowerCase() === name.toLowerCase(),
  )?.[1]
  if (!isSecure(template, declared)) {
    throw fault('InvalidTemplateParameter', {
      name,
      reason: 'a reference to a key vault is for parameters of the types securestring and secureobject',
    })
  }
  const text = textAt(objectAt(keyVault).id) ?? ''
  const vault = parseResourceId(text)
  const type = vault && arm.registry.type(vault.type)
  const read = arm.registry.type(`${vault?.type}/secrets`)?.declaration.forDeployments
  const refuse = (reason: string, cause?: Fault): Fault =>
    fault('KeyVaultParameterReference', { name, vault: text, reason: reason.replace(/\.$/, '') }, { cause })
  const secret = textAt(secretName)
  if (!vault || !type || !read || secret === undefined) throw refuse('it names no key vault and no secret of one')
  await arm.access.demand(caller, `${type.right}/deploy/action`, vault.text)
  const parent = await arm.deps.store.resources.get(vault.key)
  if (!parent) throw refuse('the key vault was not found')
  const version = textAt(secretVersion)
  try {
    const value = await read(arm.deps, { parent, name: secret, ...(version !== undefined && { version }) })
    const wanted = textAt(withDefinition(template, objectAt(declared)).type)?.toLowerCase()
    return wanted === 'secureobject' ? parsed(value, refuse) : value
  } catch (error) {
    if (isFault(error) && error.key !== 'KeyVaultParameterReference') throw refuse(error.message, error)
    throw error
  }
}

function parsed(value: string, refuse: (reason: string) => Fault): Json {
  try {
    const read: Json = JSON.parse(value)
    return read
  } catch {
    throw refuse("the secret's value is no JSON, as a secureobject needs")
  }
}

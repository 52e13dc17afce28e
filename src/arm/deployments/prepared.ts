import type { Caller } from '../../identity/identity.ts'
import type { JsonObject } from '../../json.ts'
import type { ResourceId } from '../../resource-id.ts'
import type { Recorded } from './recorded.ts'
import { hiddenParameters } from './secret-expressions.ts'
import { type SecretValues, secretValues } from './secret-values.ts'

/**
 * All that a deployment goes on with after a crash: its template, the values of its parameters (defaults evaluated
 * once, so that `newGuid` and `utcNow` stay what they were) and whose rights it has. Sealed as a whole: secure values
 * stand anywhere in it.
 */
export interface Prepared {
  readonly template: JsonObject
  readonly parameters: JsonObject
  readonly caller: Caller
  readonly mode: 'Incremental' | 'Complete'
  /** What all that it makes is called by in the activity log. */
  readonly correlationId?: string
  /** Where the template was read from, for paths that are relative to it. */
  readonly link?: TemplateLink
  /** What relative links are relative to, where it was read from nowhere itself. */
  readonly base?: TemplateLink
  readonly onError?: OnError
  /** What its operations record of what is sent and answered. */
  readonly records?: readonly Recorded[]
  /** Where parameters came from that are secrets of key vaults, by name as given. */
  readonly references?: JsonObject
  /** What the deployment around it holds for secret, whatever type it has here. */
  readonly secrets?: readonly string[]
  /** Parameters whose values only the deployment around it will know: while it is looked over from there. */
  readonly unknown?: readonly string[]
  /** Bodies of groups that the deployment around it makes, by folded id: while it is looked over from there. */
  readonly groups?: Readonly<Record<string, JsonObject>>
  /** Where its template stands in that of the deployment around it: while it is looked over from there. */
  readonly within?: string
}

/** A place of a template, as seen from the template that it is nested in. */
export const placeIn = (within: string, place: string): string => (within === '' ? place : `${within}.${place}`)

export interface TemplateLink {
  readonly uri: string
  /** What goes behind the URI when something is read, a SAS mostly: shown nowhere. */
  readonly queryString?: string
  readonly contentVersion?: string
}

/** The earlier deployment that is run again where this one fails. */
export interface OnError {
  readonly type: 'LastSuccessful' | 'SpecificDeployment'
  readonly deploymentName: string
}

/** A deployment's own id, with what its expressions may say of it. */
export interface Placed {
  readonly id: ResourceId
  readonly location: string | undefined
  readonly prepared: Prepared
  /** What may be told to nobody; more is known as expressions are evaluated. */
  readonly secrets: SecretValues
}

/** A deployment that goes on with what is kept of it. */
export function placedAgain(at: Pick<Placed, 'id' | 'location'>, prepared: Prepared): Placed {
  const secrets = secretValues(prepared.secrets)
  for (const name of hiddenIn(prepared)) secrets.add(prepared.parameters[name] ?? null)
  return { ...at, prepared, secrets }
}

/** Names of the parameters whose values are shown nowhere. */
export function hiddenIn({ template, parameters, secrets: around }: Prepared): readonly string[] {
  const hidden = new Set(hiddenParameters(template))
  const given = secretValues(around)
  return Object.entries(parameters).flatMap(([name, value]) =>
    hidden.has(name.toLowerCase()) || given.isIn(value) ? [name] : [],
  )
}

/** How far one resource of a deployment is. */
export interface Step {
  readonly id: string
  readonly status: 'Running' | 'Succeeded' | 'Failed' | 'Canceled' | 'Skipped'
  readonly operation: 'Create' | 'Delete'
  readonly startedAt: string
  readonly endedAt?: string
  /** The operation that makes it true, while it is under way. */
  readonly follows?: string
  readonly statusCode?: string
  readonly error?: JsonObject
  /** What was sent and what was answered, where the deployment is to record it. */
  readonly request?: JsonObject
  readonly response?: JsonObject
}

export type Steps = Readonly<Record<string, Step>>

/** The kept form: text that the deployment's declaration seals. */
export const sealable = (prepared: Prepared): string => JSON.stringify(prepared)

export function unsealed(text: string | undefined): Prepared {
  if (text === undefined) throw new Error('A deployment has lost its template')
  const read: Prepared = JSON.parse(text)
  return read
}

import type { Caller } from '../identity/identity.ts'
import type { JsonObject } from '../json.ts'
import type { ResourceId } from '../resource-id.ts'
import type { StoredResource } from '../store/resources.ts'
import type { Progress } from './define-resource.ts'
import type { TemplateLink } from './deployments/prepared.ts'

/** Where a deployment's row has template, parameters and caller sealed, as one. */
export const DEPLOYMENT_SEALED = 'properties.sealed'

/** Template deployments: the type that clients see is a declaration, what it does is the engine's. */
export interface DeploymentCalls {
  /**
   * Checks a deployment as a whole, before anything is made, and answers what is kept of it: `sealed` holds template,
   * parameters and the caller, and is for nobody to see.
   *
   * @throws every refusal of a template
   */
  prepare(asked: DeploymentAsked): Promise<{ readonly properties: JsonObject; readonly sealed: string }>
  /** One step of it; the resource's state holds how far it is. */
  advance(resource: StoredResource, sealed: string | undefined): Promise<Progress>
  /** What a deployment would change. @throws every refusal of a template */
  whatIf(asked: DeploymentAsked): Promise<JsonObject>
  /** Lets no further resource begin. @throws DeploymentNotRunning */
  cancel(resource: StoredResource): Promise<void>
  /** The operations of a deployment as its clients read them. */
  operations(resource: StoredResource): Promise<readonly JsonObject[]>
  /** The values of secure outputs, by name. */
  secureOutputs(resource: StoredResource): JsonObject
  /** A group's resources as a template that makes them. @throws InvalidRequestContent, ResourceNotFound */
  exportGroup(asked: DeploymentAsked): Promise<JsonObject>
  templateOf(sealed: string | undefined): JsonObject
  templateHash(template: JsonObject): string
}

export interface DeploymentAsked {
  readonly id: ResourceId
  readonly body: JsonObject
  readonly caller: Caller
  /** What all that it makes is called by in the activity log. */
  readonly correlationId?: string | undefined
  readonly around?: DeploymentAround | undefined
}

/** What whoever makes a deployment knows and its body does not say: the deployment around it, or one that falls back. */
export interface DeploymentAround {
  /** Values in the body that nobody may see. */
  readonly secrets?: readonly string[]
  /** What relative links are relative to, where the template itself was read from nowhere. */
  readonly base?: TemplateLink | undefined
}

import type { Caller } from '../identity/identity.ts'
import type { JsonObject } from '../json.ts'
import type { ResourceId } from '../resource-id.ts'

/** How a resource is put from inside. */
export interface InnerPut {
  /** Default: the provider's newest version with facts. */
  readonly apiVersion?: string
  /** Who is written down as its maker; default: the system. */
  readonly caller?: Caller
  /** Parameters that a client's PUT could have: `skipValidation`. */
  readonly query?: Readonly<Record<string, string>>
}

/** What the resource manager's own declarations ask of the engine: part of the inner calls of `define-resource.ts`. */
export interface MoveAsked {
  /** The group that they stand in. */
  readonly from: ResourceId
  readonly ids: readonly string[]
  /** The id of the group that they go to. */
  readonly target: string
  readonly caller: Caller
  readonly apiVersion: string
  /** False to check alone. */
  readonly commit: boolean
}

/** Azure Policy: the types that clients see are declarations, what they say of resources is evaluated by the engine. */
export interface PolicyCalls {
  /** @throws InvalidPolicyDefinition, InvalidPolicyRule for all that would not be evaluated */
  checkDefinition(properties: JsonObject): void
  /** @throws InvalidPolicySetDefinition, PolicyDefinitionNotFound and what is wrong with a member's parameters */
  checkSet(properties: JsonObject): Promise<void>
  /** @throws PolicyDefinitionNotFound, InvalidPolicyAssignment and what is wrong with its parameters */
  checkAssignment(name: string, properties: JsonObject): Promise<void>
  /** What every assignment finds of the resources at and below a scope, as Microsoft.PolicyInsights shows it. */
  verdicts(scope: ResourceId): Promise<readonly JsonObject[]>
}

export interface ActionCalls {
  /** Begins an action that goes on, like a client's POST. @throws the Fault where it can't be done at all */
  act(id: string, action: string, body: JsonObject): Promise<void>
}

export interface TagsAsked {
  readonly id: ResourceId
  readonly caller: Caller
  readonly change: (tags: JsonObject) => JsonObject
  readonly apiVersion: string
}

/** A right that a role can give, as a provider lists it. */
export interface ProviderOperation {
  readonly name: string
  /** The type that it belongs to, below the namespace; '' for the provider's own. */
  readonly resource: string
  readonly isDataAction: boolean
  readonly verb: string
}

import type { Json, JsonObject } from '../../../json.ts'
import type { Node } from './parse.ts'

/** What an expression may ask of its surroundings. One that has no answer there throws an ExpressionError. */
export interface Scope {
  parameter(name: string): Promise<Json>
  variable(name: string): Promise<Json>
  /** The place in a copy loop: of the named one, or of the innermost. */
  copyIndex(loop: string | undefined): number
  /** A function that the template declares, by its full name. */
  userFunction(name: string): UserFunction | undefined
  /** Whether a secure value is part of an expression: no refusal may then tell what it was given. */
  isSecret?(expression: string): boolean
  readonly lambda: Readonly<Record<string, Json>>
  readonly outside: Outside
  /** The time of the deployment, for `utcNow`; undefined where only defaults of parameters may ask. */
  readonly now: Date | undefined
}

export interface UserFunction {
  call(args: readonly Json[]): Promise<Json>
}

/** What stands around a deployment: its place, and the resources that it may read. */
export interface Outside {
  /** How many more expressions may be evaluated; without one there is no limit. */
  readonly budget?: { left: number }
  /** Told of every value that follows from a secret. */
  noteSecret?(value: Json): void
  deployer(): Promise<JsonObject>
  deployment(): Promise<JsonObject>
  environment(): Promise<JsonObject>
  resourceGroup(): Promise<JsonObject>
  subscription(): Promise<JsonObject>
  tenant(): Promise<JsonObject>
  managementGroup(): Promise<JsonObject>
  providers(namespace: string, type: string | undefined): Promise<Json>
  /** The deployment's own place, for ids without one. */
  readonly place: { readonly subscriptionId: string | undefined; readonly resourceGroup: string | undefined }
  reference(name: string, version: string | undefined, full: boolean): Promise<Json>
  references(loop: string, full: boolean): Promise<Json>
  resourceInfo(symbol: string): Promise<Json>
  list(call: { name: string; resource: string; version: string; body: JsonObject }): Promise<Json>
}

/** A function of the language: its arguments evaluated, or as they stand for one that evaluates only what it needs. */
export type TemplateFunction = {
  readonly min: number
  /** Default: as many as `min`. */
  readonly max?: number
  /** Which arguments are lambdas. */
  readonly lambdas?: readonly number[]
} & (
  | { readonly call: (args: readonly Json[], scope: Scope) => Json | Promise<Json> }
  | { readonly lazy: (args: readonly Node[], scope: Scope, evaluate: Evaluate) => Promise<Json> }
)

export type Evaluate = (node: Node, scope: Scope) => Promise<Json>
export type FunctionTable = Readonly<Record<string, TemplateFunction>>

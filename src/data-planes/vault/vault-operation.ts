import { type Static, type TSchema, Type } from 'typebox'
import type { PageAsked } from '../../domain/vaults/list-objects.ts'
import type { Vault } from '../../domain/vaults/vault.ts'
import type { VaultRight } from '../../domain/vaults/vault-access.ts'
import type { VaultDeps } from '../../domain/vaults/vault-object.ts'
import type { Caller } from '../../identity/identity.ts'
import type { JsonObject } from '../../json.ts'
import type { VaultKind } from '../../store/vault-objects.ts'

type Blanks<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | Blanks<Rest> : never

export interface VaultCall<Path extends string, Body> {
  readonly params: { readonly [Name in Blanks<Path>]: string }
  readonly body: Body
  readonly vault: Vault
  readonly caller: Caller
  readonly page: PageAsked
  /** Where the vault is for this client, without a slash at the end. */
  readonly base: string
  /** The link of a further page of this listing. */
  nextLink(after: string): string
}

export interface VaultAnswer {
  readonly status?: number
  readonly body?: JsonObject
}

interface Declared<Path extends string, Body extends TSchema> {
  /** What the coverage page calls it: `Secrets.set`. */
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: Path
  /** What the caller must be allowed; the object is the one that `{name}` names. */
  readonly right: VaultRight
  readonly body?: Body
  readonly answer: (deps: VaultDeps, call: VaultCall<Path, Static<Body>>) => Promise<VaultAnswer>
}

/** A declared operation whose types have been checked against its handler. */
export interface VaultOperation extends Omit<Declared<string, TSchema>, 'answer'> {
  readonly answer: (deps: VaultDeps, call: VaultCall<string, unknown>) => Promise<VaultAnswer>
}

const Anything = Type.Object({})

/** Declares one operation of the data plane. Token, right and body are checked before `answer` is called. */
export function vaultOperation<const Path extends string, Body extends TSchema = typeof Anything>(
  declared: Declared<Path, Body>,
): VaultOperation {
  // The router only calls this with what the declared path and schema have let through.
  return declared as unknown as VaultOperation
}

/** A right in both of its spellings. */
export const rightTo = (kind: VaultKind, permission: string, action: string): VaultRight => ({
  kind,
  permission,
  action: `${kind}/${action}`,
})

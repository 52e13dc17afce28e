import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Type } from 'typebox'
import { Check } from 'typebox/value'
import { fault } from '../../faults.ts'
import type { Authenticator } from '../../identity/identity.ts'
import type { JsonObject } from '../../json.ts'

export interface PrincipalsDeps {
  /** What the file `owner-token` in the data directory holds. */
  readonly ownerToken: string
  readonly authenticator: Authenticator
  /** The object id of the application that the first start made. */
  readonly bootstrapObjectId: string
  readonly add: (name: string) => Promise<{
    readonly tenantId: string
    readonly appId: string
    readonly objectId: string
    readonly secret: string
  }>
  readonly addUser: (wish: { readonly name: string; readonly displayName?: string }) => Promise<{
    readonly tenantId: string
    readonly objectId: string
    readonly userPrincipalName: string
    readonly displayName: string
    readonly password: string
  }>
  readonly rotateSigningKey: () => Promise<string>
  /** Answers how many rows were sealed anew. */
  readonly rotateSealingKey: () => Promise<number>
}

const Body = Type.Object({ name: Type.String() })
const UserBody = Type.Object({ name: Type.String(), displayName: Type.Optional(Type.String()) })
const LIMIT = 16 * 1024

/** `POST /lazuli/principals`: makes an application with a secret, which is shown this once, and without any rights. */
export async function addPrincipal(deps: PrincipalsDeps, request: IncomingMessage): Promise<JsonObject> {
  await demandOwner(deps, request.headers.authorization)
  const body = await readJson(request)
  if (!Check(Body, body)) throw fault('MalformedRequest', { reason: 'the body is { "name": … }' })
  const name = body.name.trim()
  if (!/^[\w .-]{1,120}$/.test(name)) throw fault('BadPrincipalName', { name })
  const { tenantId, appId, objectId, secret } = await deps.add(name)
  return { name, tenantId, appId, objectId, secret }
}

/** `POST /lazuli/users`: makes a user with a password, which is shown this once, and without any rights. */
export async function addUser(deps: PrincipalsDeps, request: IncomingMessage): Promise<JsonObject> {
  await demandOwner(deps, request.headers.authorization)
  const body = await readJson(request)
  if (!Check(UserBody, body)) throw fault('MalformedRequest', { reason: 'the body is { "name": …, "displayName": … }' })
  return { ...(await deps.addUser(body)) }
}

/** `POST /lazuli/signing-keys`: signs tokens with a new key from now on. */
export async function rotateSigningKey(deps: PrincipalsDeps, request: IncomingMessage): Promise<JsonObject> {
  await demandOwner(deps, request.headers.authorization)
  return { kid: await deps.rotateSigningKey() }
}

/** `POST /lazuli/sealing-key`: a new key protects what is sealed, now and before. */
export async function rotateSealingKey(deps: PrincipalsDeps, request: IncomingMessage): Promise<JsonObject> {
  await demandOwner(deps, request.headers.authorization)
  return { rows: await deps.rotateSealingKey() }
}

/** The owner is who can read the data directory, or holds a token of the bootstrap application. */
export async function demandOwner(deps: PrincipalsDeps, authorization: string | undefined): Promise<void> {
  if (sameText(authorization ?? '', `Bearer ${deps.ownerToken}`)) return
  const caller = await deps.authenticator.authenticate(authorization, ['arm'])
  if (caller.objectId !== deps.bootstrapObjectId || caller.run) throw fault('OwnerOnly')
}

function sameText(a: string, b: string): boolean {
  const [one, two] = [Buffer.from(a), Buffer.from(b)]
  return one.length === two.length && timingSafeEqual(one, two)
}

/** @throws RequestTooLarge, MalformedRequest */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > LIMIT) throw fault('RequestTooLarge', { limit: LIMIT })
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch (cause) {
    throw fault('MalformedRequest', { reason: 'its body is no JSON' }, { cause })
  }
}

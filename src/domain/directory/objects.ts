import { randomUUID } from 'node:crypto'
import { fault } from '../../faults.ts'
import { type JsonObject, textAt } from '../../json.ts'
import type { Repositories } from '../../store/store.ts'
import type { DirectoryCaller, DirectoryChange, DirectoryDeps } from './directory-deps.ts'
import { type DirectoryKind, type DirectoryObject, findObject, ofPrincipal, putObject } from './directory-object.ts'
import { demandChange, demandMaking } from './directory-rights.ts'
import { isFirstParty } from './first-party.ts'
import { checkKeys } from './key-credentials.ts'
import { checkPassword, passwordProfileOf, setPassword } from './passwords.ts'
import { changedDetails, checkedProperties } from './properties.ts'
import { holderOf, secretsToMake } from './secrets.ts'

/** An object that was made, with the texts of its secrets by their ids: they are told this once. */
export type MadeObject = DirectoryObject & { readonly secretTexts: ReadonlyMap<string, string> }

/**
 * Makes an object of the directory and answers it.
 *
 * @throws GraphAccessDenied, GraphBadRequest, GraphConflict
 */
export async function createObject(
  deps: DirectoryDeps,
  kind: DirectoryKind,
  { caller, body }: Omit<DirectoryChange, 'id'>,
): Promise<MadeObject> {
  const { owns } = await demandMaking(deps, caller, kind)
  if (kind === 'servicePrincipal') {
    return { ...(await createServicePrincipal(deps, caller, { body, owns })), secretTexts: new Map() }
  }
  const sent = checkedProperties(kind, withoutSetLater(kind, withoutPassword(kind, body)), true)
  const id = randomUUID()
  const profile = kind === 'user' ? passwordProfileOf(body.passwordProfile, true) : undefined
  const password = profile && checkPassword(profile, sent)
  const made: DirectoryObject = {
    id,
    kind,
    displayName: textAt(sent.displayName) ?? '',
    createdAt: deps.now().toISOString(),
    details: changedDetails({}, withKeys(sent)),
    ...(kind === 'application' && { appId: randomUUID() }),
  }
  const secrets = kind === 'application' ? await secretsToMake(deps, holderOf(made), body.passwordCredentials) : []
  const kept = password && (await deps.secrets.make(id, password.text))
  await deps.store.write(async (within) => {
    await demandUnique(within, made)
    await putObject(within, password ? { ...made, details: { ...made.details, ...password.details } } : made)
    if (kept) await within.identities.putSecret(kept.kept)
    for (const { text: _, ...secret } of secrets) await within.identities.putSecret(secret)
    await addLinks(within, made, { kind, caller, body, owns, at: made.createdAt })
  })
  deps.changed()
  return { ...made, secretTexts: new Map(secrets.map(({ id: key, text }) => [key, text])) }
}

/** The service principal of an application of this tenant. */
async function createServicePrincipal(
  deps: DirectoryDeps,
  caller: DirectoryCaller,
  { body, owns }: { readonly body: JsonObject; readonly owns: boolean },
): Promise<DirectoryObject> {
  const { appId, ...properties } = body
  const sent = checkedProperties('servicePrincipal', withoutSetLater('servicePrincipal', properties), true)
  if (typeof appId !== 'string') {
    throw fault('GraphBadRequest', {
      reason: "A value is required for property 'appId' of resource 'servicePrincipal'",
    })
  }
  const made = await deps.store.write(async (within) => {
    const application = await within.directory.applicationByApp(appId)
    if (!application) {
      throw fault('GraphBadRequest', {
        reason: `The appId '${appId}' of the service principal does not reference a valid application object`,
      })
    }
    if (await within.identities.principalByApp(appId)) {
      throw fault('GraphConflict', {
        reason: `The service principal cannot be created, updated, or restored because the service principal name ${appId} is already in use.`,
      })
    }
    const object: DirectoryObject = {
      id: randomUUID(),
      kind: 'servicePrincipal',
      appId: application.appId,
      displayName: textAt(sent.displayName) ?? application.displayName,
      createdAt: deps.now().toISOString(),
      details: changedDetails({}, withKeys(sent)),
    }
    await putObject(within, object)
    await addLinks(within, object, { kind: 'servicePrincipal', caller, body, owns, at: object.createdAt })
    return object
  })
  deps.changed()
  return made
}

/**
 * Changes what a client may set of an object.
 *
 * @throws GraphAccessDenied, GraphBadRequest, GraphConflict, GraphResourceNotFound
 */
export async function changeObject(deps: DirectoryDeps, kind: DirectoryKind, change: DirectoryChange): Promise<void> {
  const known = await demandObject(deps, change.id, kind)
  await demandChange(deps, change.caller, known)
  const sent = checkedProperties(kind, withoutItsId(known, withoutPassword(kind, change.body)), false)
  const { passwordProfile } = kind === 'user' ? change.body : {}
  const profile = passwordProfile === undefined ? undefined : passwordProfileOf(passwordProfile, false)
  const password = profile && checkPassword(profile, { ...known.details, ...sent })
  const kept = password && (await deps.secrets.make(known.id, password.text))
  await deps.store.write(async (within) => {
    const before = await findObject(within, known.id, kind)
    if (!before) throw fault('GraphResourceNotFound', { id: change.id })
    const details = { ...changedDetails(before.details, withKeys(sent, before.details)), ...password?.details }
    const next = { ...before, displayName: textAt(sent.displayName) ?? before.displayName, details }
    await demandUnique(within, next)
    await putObject(within, next)
    // The name of an application is its service principal's too, until that has one of its own.
    if (kind === 'application' && next.displayName !== before.displayName) await renamePrincipal(within, before, next)
    if (kept) await setPassword(within, known.id, kept.kept)
  })
  deps.changed()
}

/**
 * Removes an object with its secrets and links; an application takes its service principal along.
 *
 * @throws GraphAccessDenied, GraphResourceNotFound, GraphBadRequest for what only its resource can remove
 */
export async function removeObject(
  deps: DirectoryDeps,
  kind: DirectoryKind,
  { caller, id }: Omit<DirectoryChange, 'body'>,
): Promise<void> {
  const known = await demandObject(deps, id, kind)
  await demandChange(deps, caller, known)
  if (known.managed) {
    throw fault('GraphBadRequest', {
      reason: 'A managed identity is removed with its resource: its service principal can not be deleted by itself',
    })
  }
  if (kind === 'servicePrincipal' && (known.id === deps.administrator || isFirstParty(known.appId))) {
    throw fault('GraphAccessDenied')
  }
  await deps.store.write(async (within) => {
    if (kind !== 'application') return removePrincipal(within, known)
    const principal = known.appId === undefined ? undefined : await within.identities.principalByApp(known.appId)
    if (principal?.objectId === deps.administrator) throw fault('GraphAccessDenied')
    if (principal) await removePrincipal(within, ofPrincipal(principal))
    for (const { id: secret } of await within.identities.secretsOf(known.appId ?? '')) {
      await within.identities.removeSecret(secret)
    }
    await within.directory.removeApplication(known.id)
    await within.directory.removeLinksOf(known.id)
  })
  deps.changed()
}

/** @throws GraphResourceNotFound */
export async function demandObject(
  { store }: Pick<DirectoryDeps, 'store'>,
  id: string,
  kind?: DirectoryKind,
): Promise<DirectoryObject> {
  const found = await findObject(store, id.toLowerCase(), kind)
  if (!found) throw fault('GraphResourceNotFound', { id })
  return found
}

async function removePrincipal(within: Repositories, { id }: DirectoryObject): Promise<void> {
  for (const { id: secret } of await within.identities.secretsOf(id)) await within.identities.removeSecret(secret)
  await within.grants.removeOf(id)
  await within.directory.removeLinksOf(id)
  await within.identities.removePrincipal(id)
}

async function renamePrincipal(
  within: Repositories,
  before: DirectoryObject,
  { displayName }: DirectoryObject,
): Promise<void> {
  const principal = await within.identities.principalByApp(before.appId ?? '')
  if (principal?.displayName === before.displayName) await within.identities.putPrincipal({ ...principal, displayName })
}

/** @throws GraphConflict where another user has the name, or another application the URI */
async function demandUnique(within: Repositories, object: DirectoryObject): Promise<void> {
  if (object.kind === 'user') {
    const name = textAt(object.details.userPrincipalName)?.toLowerCase()
    const twin = (await within.identities.principals()).find(
      (one) =>
        one.kind === 'User' &&
        one.objectId !== object.id &&
        textAt(one.details?.userPrincipalName)?.toLowerCase() === name,
    )
    if (twin) {
      throw fault('GraphConflict', {
        reason: 'Another object with the same value for property userPrincipalName already exists.',
      })
    }
  }
  const uris = object.kind === 'application' ? urisOf(object.details) : []
  if (uris.length === 0) return
  const twin = (await within.directory.applications()).find(
    (one) => one.objectId !== object.id && urisOf(one.details).some((uri) => uris.includes(uri)),
  )
  if (twin) {
    throw fault('GraphConflict', {
      reason: 'Another object with the same value for property identifierUris already exists.',
    })
  }
}

const urisOf = ({ identifierUris }: JsonObject): readonly string[] =>
  Array.isArray(identifierUris) ? identifierUris.map((uri) => String(uri).toLowerCase()) : []

/** Passwords are kept apart from what is known of a user. */
const withoutPassword = (kind: DirectoryKind, body: JsonObject): JsonObject =>
  kind === 'user' ? { ...body, passwordProfile: undefined } : body

/** A client that sends back what it has read names the object by its id once more. */
const withoutItsId = ({ id }: DirectoryObject, body: JsonObject): JsonObject =>
  textAt(body.id)?.toLowerCase() === id ? { ...body, id: undefined } : body

/** A creation without what is no property: owners and members by their address, secrets. */
function withoutSetLater(kind: DirectoryKind, body: JsonObject): JsonObject {
  const apart = new Set(['owners@odata.bind'])
  if (kind === 'group') apart.add('members@odata.bind')
  if (kind === 'application') apart.add('passwordCredentials')
  return Object.fromEntries(Object.entries(body).filter(([name]) => !apart.has(name)))
}

async function addLinks(
  within: Repositories,
  object: DirectoryObject,
  wish: {
    readonly kind: DirectoryKind
    readonly caller: DirectoryCaller
    readonly body: JsonObject
    readonly owns: boolean
    readonly at: string
  },
): Promise<void> {
  const named = (relation: 'owners' | 'members') => {
    const addresses = wish.body[`${relation}@odata.bind`]
    return Array.isArray(addresses) ? addresses.map((one) => idOfAddress(String(one))) : []
  }
  const link = async (relation: 'owners' | 'members', target: string) => {
    if (!(await findObject(within, target))) throw fault('GraphResourceNotFound', { id: target })
    await within.directory.putLink({ source: object.id, relation, target, detail: '', createdAt: wish.at })
  }
  for (const target of new Set([...named('owners'), ...(wish.owns ? [wish.caller.objectId] : [])])) {
    await link('owners', target)
  }
  for (const target of wish.kind === 'group' ? new Set(named('members')) : []) await link('members', target)
}

/** The object id at the end of an address: `https://graph.microsoft.com/v1.0/directoryObjects/{id}`. */
export const idOfAddress = (address: string): string =>
  /([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:'\))?\/?$/i.exec(address)?.[1]?.toLowerCase() ?? address

/** With the key credentials checked, where they are set. */
const withKeys = (sent: JsonObject, before: JsonObject = {}): JsonObject =>
  Array.isArray(sent.keyCredentials)
    ? { ...sent, keyCredentials: checkKeys(sent.keyCredentials, before.keyCredentials) }
    : sent

import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, textAt } from '../../json.ts'
import type { ClientSecret } from '../../store/identities.ts'
import type { DirectoryChange, DirectoryDeps } from './directory-deps.ts'
import { demandChange } from './directory-rights.ts'
import { demandObject } from './objects.ts'

/** Azure's default for a secret whose end is not said. */
const DEFAULT_YEARS = 2

/**
 * Adds a secret to an application or a service principal. Its text is answered this once.
 *
 * @throws GraphAccessDenied, GraphBadRequest, GraphResourceNotFound
 */
export async function addSecret(
  deps: DirectoryDeps,
  kind: 'application' | 'servicePrincipal',
  { caller, id, body }: DirectoryChange,
): Promise<ClientSecret & { readonly text: string }> {
  const object = await demandObject(deps, id, kind)
  await demandChange(deps, caller, object)
  if (object.managed) throw fault('GraphAccessDenied')
  const sent = isObject(body.passwordCredential) ? body.passwordCredential : {}
  const { text, ...secret } = await makeSecret(deps, holderOf(object), sent)
  await deps.store.write(({ identities }) => identities.putSecret(secret))
  return { ...secret, text }
}

/**
 * A new secret of somebody, which is not kept yet.
 *
 * @throws GraphBadRequest for times that are none
 */
export async function makeSecret(
  deps: Pick<DirectoryDeps, 'now' | 'secrets'>,
  holder: string,
  sent: JsonObject,
): Promise<ClientSecret & { readonly text: string }> {
  const starts = timeOf(sent.startDateTime) ?? deps.now()
  const ends = timeOf(sent.endDateTime) ?? yearsAfter(starts)
  if (ends <= starts)
    throw fault('GraphBadRequest', { reason: 'Password credential end date is before its start date' })
  const { text, kept } = await deps.secrets.make(holder)
  const displayName = textAt(sent.displayName)
  return {
    ...kept,
    startsAt: starts.toISOString(),
    expiresAt: ends.toISOString(),
    hint: text.slice(0, 3),
    ...(displayName !== undefined && { displayName: displayName.slice(0, 256) }),
    text,
  }
}

/** As many as a creation may bring: an application has few. */
const MOST_AT_ONCE = 20

/**
 * The secrets that a new application is to have from the start.
 *
 * @throws GraphBadRequest
 */
export async function secretsToMake(
  deps: Pick<DirectoryDeps, 'now' | 'secrets'>,
  holder: string,
  sent: Json | undefined,
): Promise<readonly (ClientSecret & { readonly text: string })[]> {
  if (sent === undefined || sent === null) return []
  if (!Array.isArray(sent) || sent.length > MOST_AT_ONCE || !sent.every(isObject)) {
    throw fault('GraphBadRequest', {
      reason: "Invalid value specified for property 'passwordCredentials' of resource 'application'",
    })
  }
  return Promise.all(sent.map((one) => makeSecret(deps, holder, one)))
}

/**
 * Removes a secret. Nobody signs in with it again, and the tokens that it got are taken no more.
 *
 * @throws GraphAccessDenied, GraphBadRequest, GraphResourceNotFound
 */
export async function removeSecret(
  deps: DirectoryDeps,
  kind: 'application' | 'servicePrincipal',
  { caller, id, body }: DirectoryChange,
): Promise<void> {
  const object = await demandObject(deps, id, kind)
  await demandChange(deps, caller, object)
  const keyId = textAt(body.keyId)
  const known = keyId === undefined ? undefined : await deps.store.identities.secret(keyId)
  if (!known || known.appId !== holderOf(object)) {
    throw fault('GraphBadRequest', { reason: `No password credential found with keyId '${keyId ?? ''}'` })
  }
  await deps.store.write(({ identities }) => identities.removeSecret(known.id))
  deps.changed()
}

/** By whose name an object's secrets are kept: an application's by its client id, a service principal's own by its object id. */
export const holderOf = ({
  kind,
  id,
  appId,
}: {
  readonly kind: string
  readonly id: string
  readonly appId?: string
}) => (kind === 'application' ? (appId ?? id) : id)

function timeOf(sent: Json | undefined): Date | undefined {
  if (sent === undefined || sent === null) return undefined
  const time = new Date(String(sent))
  if (Number.isNaN(time.getTime())) throw fault('GraphBadRequest', { reason: `'${String(sent)}' is no time` })
  return time
}

function yearsAfter(start: Date): Date {
  const end = new Date(start)
  end.setUTCFullYear(end.getUTCFullYear() + DEFAULT_YEARS)
  return end
}

import { randomBytes, timingSafeEqual } from 'node:crypto'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { parseResourceId, type ResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import { openSecret } from '../../store/sealing.ts'
import type { Deps } from '../deps.ts'
import { identitiesOf, type JobIdentities, preferred } from '../jobs/job-identity.ts'
import { assignRole } from '../roles/assign-role.ts'
import { ensureIdentity } from '../workspaces/workspace-identity.ts'
import { ONLINE_ENDPOINTS } from './endpoint.ts'

/** Where the proof is sealed that deployments of an endpoint show when they ask for tokens of its identity. */
export const IDENTITY_PROOF = 'lazuli.identityProof'
const MARK = 'endpoint.'
const STORAGE_BLOB_DATA_READER = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'

/** A proof that names its endpoint, so that who is shown it knows whom to ask. */
export const newIdentityProof = (id: ResourceId): string =>
  `${MARK}${Buffer.from(id.key).toString('base64url')}.${randomBytes(24).toString('base64url')}`

/**
 * Gives an endpoint the principals that it asks for. Its own may read the workspace's storage, as in Azure; what it may
 * elsewhere, others must say.
 */
export async function ensureEndpointIdentity(
  deps: Pick<Deps, 'identities' | 'store' | 'now'>,
  { id, wish, state }: { readonly id: ResourceId; readonly wish: JsonObject; readonly state: JsonObject },
): Promise<JsonObject> {
  const identity = await ensureIdentity(deps, id, objectAt(wish.identity))
  const principalId = textAt(identity.principalId)
  if (principalId === undefined || objectAt(state.identity).principalId === principalId) {
    return { ...state, identity }
  }
  const workspace = await deps.store.resources.get(id.parent?.text ?? '')
  const scope = textAt(objectAt(workspace?.body.properties).storageAccount)
  if (scope === undefined) return { ...state, identity }
  const assignment = await deps.store.write((within) =>
    assignRole(within, {
      principalId,
      principalType: 'ServicePrincipal',
      role: STORAGE_BLOB_DATA_READER,
      scope,
      by: principalId,
      at: deps.now(),
    }),
  )
  return { ...state, identity, assignment }
}

/** Takes the endpoint's own principal away, and what it was allowed for it. */
export async function removeEndpointIdentity(
  deps: Pick<Deps, 'identities' | 'store'>,
  id: ResourceId,
  state: JsonObject,
): Promise<void> {
  const assignment = textAt(state.assignment)
  if (assignment !== undefined) await deps.store.write(({ resources }) => resources.remove(assignment))
  await deps.identities.remove(id.key)
}

/** What a deployment that shows this proof may act as; undefined where it is none of an endpoint that stands. */
export async function provenIdentities(
  { store, sealing }: Pick<Deps, 'store' | 'sealing'>,
  proof: string,
): Promise<JobIdentities | undefined> {
  const endpoint = await endpointOf(store, proof)
  const kept = endpoint && openSecret(sealing, endpoint, IDENTITY_PROOF)
  if (!endpoint || kept === undefined || !same(kept, proof)) return undefined
  const managed = await identitiesOf(store, endpoint)
  const chosen = preferred(managed)
  return { managed, ...(chosen && { chosen }) }
}

async function endpointOf({ resources }: Deps['store'], proof: string): Promise<StoredResource | undefined> {
  if (!proof.startsWith(MARK)) return undefined
  const id = parseResourceId(Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString('utf8'))
  return id?.type.toLowerCase() === ONLINE_ENDPOINTS.toLowerCase() ? resources.get(id.text) : undefined
}

function same(a: string, b: string): boolean {
  const [one, two] = [Buffer.from(a), Buffer.from(b)]
  return one.length === two.length && timingSafeEqual(one, two)
}

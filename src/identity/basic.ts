import { isEnabled } from '../domain/directory/directory-object.ts'
import { fault, isFault } from '../faults.ts'
import type { Principal } from '../store/identities.ts'
import type { Authenticator, Caller } from './identity.ts'
import type { LoginDeps } from './login/login-request.ts'

type Needs = Pick<LoginDeps, 'store' | 'secrets' | 'throttle' | 'tenantId'>

/**
 * Takes a name and a password beside bearer tokens, for clients that know no other way (MLFLOW_TRACKING_USERNAME and
 * MLFLOW_TRACKING_PASSWORD): a client id with its secret, or a user of this tenant. Asked anew on every request, so that
 * a removed secret ends at once; the secrets themselves remember which texts were right.
 *
 * @throws BasicCredentialsInvalid, and whatever the bearer authenticator throws
 */
export function basicAuthenticator(bearer: Authenticator, deps: Needs): Authenticator {
  return {
    async authenticate(authorization, audiences, origin) {
      const [, encoded] = /^basic +([a-z0-9+/=_-]+) *$/i.exec(authorization ?? '') ?? []
      if (encoded === undefined) return bearer.authenticate(authorization, audiences, origin)
      const [name = '', ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
      try {
        return callerOf(await proven(deps, name, rest.join(':')), deps.tenantId)
      } catch (error) {
        if (!isFault(error)) throw error
        const headers = { ...error.extra.headers, 'WWW-Authenticate': 'Basic realm="lazuli"' }
        throw fault('BasicCredentialsInvalid', { reason: error.message }, { cause: error, headers })
      }
    },
  }
}

async function proven(deps: Needs, name: string, password: string): Promise<Principal> {
  const application = await deps.store.identities.principalByApp(name)
  if (application?.kind !== 'Application') {
    // Not needed before somebody has a password: who signs in is loaded with the first of them.
    const { signIn } = await import('./login/sign-in.ts')
    return signIn(deps, { name, password })
  }
  deps.throttle.demand(name)
  try {
    await deps.secrets.check([name.toLowerCase(), application.objectId], password)
  } catch (error) {
    deps.throttle.failed(name)
    throw error
  }
  deps.throttle.succeeded(name)
  if (!isEnabled(application)) throw fault('AADSTS7000112', { client: name, name: application.displayName })
  return application
}

function callerOf({ objectId, appId, kind, displayName }: Principal, tenantId: string): Caller {
  if (kind === 'Group') throw fault('AADSTS50126')
  return { tenantId, objectId, kind, displayName, ...(appId !== undefined && { appId }) }
}

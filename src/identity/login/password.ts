import { fault } from '../../faults.ts'
import { clientOf, isPublic, required } from './client.ts'
import { userAnswer } from './issue.ts'
import type { LoginDeps, LoginRequest } from './login-request.ts'
import { userResource, type Version } from './resources.ts'
import { signIn } from './sign-in.ts'

/** A user's name and password, sent by the client itself. */
export async function password(deps: LoginDeps, request: LoginRequest, version: Version): Promise<object> {
  const { form } = request
  const client = await clientOf(deps, request)
  if (client.proof === '0' && !isPublic(client)) throw fault('AADSTS7000218')
  const [name, text] = [required(form, 'username'), required(form, 'password')]
  const scope = form.get('scope') ?? undefined
  const resource = await userResource(deps, request, { scope, resource: form.get('resource') ?? undefined })
  const user = await signIn(deps, { name, password: text })
  return userAnswer(deps, request, { client, resource, version, signedIn: { user, methods: ['pwd'], scope } })
}

import type { TestServer } from '../support/server.ts'
import { addStranger, type Chance, type Maker, type Sent } from './chance.ts'

interface Asker {
  readonly token: string
  readonly stranger: string
  readonly clientId: string
}

const GUID = '11111111-1111-4111-8111-111111111111'
/** None is whole: what a broken one would make is refused. */
const GRAPH_BODIES = [
  '{"displayName":7,"keyCredentials":[{"key":"AAAA"}]}',
  '{"appId":"x","accountEnabled":true}',
  '{"displayName":"x","mailEnabled":false,"passwordProfile":{"password":"x"}}',
  '{"@odata.id":"https://graph.microsoft.com/v1.0/directoryObjects/x"}',
  '{"passwordCredential":{"endDateTime":"never"},"keyId":{}}',
  '{"ids":["x"],"types":["user",7]}',
  '{"name":"x","issuer":"http://169.254.169.254/","subject":"s","audiences":["a"]}',
  '{"a":[[[[[[[[[[]]]]]]]]]],"__proto__":{"x":1},"constructor":null}',
]

/** Microsoft Graph, by its administrator and by an application that may read alone. */
export async function graph(server: TestServer, chance: Chance): Promise<Maker> {
  const resource = 'https://graph.microsoft.com'
  const asker = {
    token: await server.token({ resource }),
    stranger: await server.token({ resource, ...(await addStranger(server, 'graph')) }),
    clientId: server.facts.clientId,
  }
  return () => graphRequest(chance, asker)
}

function graphRequest({ next, pick, noise, broken }: Chance, { token, stranger, clientId }: Asker): Sent {
  const isStranger = next() < 0.2
  const method = pick(['GET', 'GET', 'GET', 'POST', 'PATCH', 'DELETE', 'PUT'])
  const noun = pick(['applications', 'servicePrincipals', 'users', 'groups', 'directoryObjects', 'me', noise(6)])
  const below = pick([
    '',
    `/${GUID}`,
    `/${GUID}/${pick(['owners', 'members/$ref', 'addPassword', 'appRoleAssignments', 'federatedIdentityCredentials', 'memberOf'])}`,
    `/${pick(['getByIds', '$count', noise(8)])}`,
    `(appId='${pick([clientId, noise()])}')`,
  ])
  const filters = [
    "displayName eq 'lazuli'",
    `startswith(displayName,'${noise(3)}') and not (appId eq '${GUID}')`,
    "servicePrincipalNames/any(c:c eq 'x')",
    `${'('.repeat(60)}id eq 'x'${')'.repeat(60)}`,
    noise(),
  ]
  const query = `?$filter=${pick([encodeURIComponent, String])(broken(pick(filters)))}&$top=${pick(['1', noise(3)])}&$skiptoken=${noise(5)}`
  const path = `/v1.0/${next() < 0.4 ? broken(noun + below) : noun + below}${next() < 0.6 ? query : ''}`
  const bearer = `Bearer ${isStranger ? stranger : token}`
  return {
    method,
    path,
    body: next() < 0.8 ? broken(pick(GRAPH_BODIES)) : noise(200),
    headers: {
      authorization: next() < 0.9 ? bearer : broken(bearer).replaceAll('\u0000', ' '),
      'content-type': 'application/json',
    },
    // Who is in the tenant may read, and look things up by POST.
    ...(isStranger && method !== 'GET' && !/getbyids|getmember|checkmember/i.test(path) && { denied: true }),
  }
}

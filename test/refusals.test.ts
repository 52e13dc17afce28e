/** What a real server refuses, asked through its front door: status, Azure's code, and the words that tell why. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Answer, type Ask, lazuli, startServer, type TestServer, until } from './support/server.ts'

let server: TestServer
let subscription = ''
let group = ''
let workspace = ''
const ML = 'Microsoft.MachineLearningServices'
const V = 'api-version=2023-10-01'

before(async () => {
  server = await startServer()
  subscription = `/subscriptions/${server.facts.subscriptionId}`
  group = `${subscription}/resourceGroups/lazuli`
  workspace = `${group}/providers/${ML}/workspaces/default`
})
after(() => server?.stop())

/** A refusal: what is asked, and what must come back. */
interface Case {
  readonly name: string
  readonly ask: () => readonly [path: string, ask?: Ask]
  readonly status: number
  readonly code: string | RegExp
  readonly says?: RegExp
}

function refuses(cases: readonly Case[], errorOf: (answer: Answer) => { code: string; message: string }): void {
  for (const { name, ask, status, code, says } of cases) {
    test(name, async () => {
      const answer = await server.ask(...ask())
      assert.equal(answer.status, status, answer.text)
      const error = errorOf(answer)
      if (typeof code === 'string') assert.equal(error.code, code)
      else assert.match(error.code, code)
      if (says) assert.match(error.message, says)
    })
  }
}

const armError = ({ json }: Answer) => json.error
const put = (path: string, body: unknown, headers: Ask['headers'] = {}): [string, Ask] => [
  path,
  { method: 'PUT', body, headers },
]

describe('the token endpoint refuses', () => {
  const form = (
    changes: Record<string, string | undefined>,
    endpoint = 'oauth2/token',
    tenant = server.facts.tenantId,
  ): [string, Ask] => {
    const fields = {
      grant_type: 'client_credentials',
      client_id: server.facts.clientId,
      client_secret: readFileSync(join(server.data, 'client-secret'), 'utf8').trim(),
      ...(endpoint === 'oauth2/token'
        ? { resource: 'https://management.azure.com/' }
        : { scope: 'https://management.azure.com/.default' }),
      ...changes,
    }
    const given = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined)
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return [
      `/${tenant}/${endpoint}`,
      { method: 'POST', token: null, body: new URLSearchParams(given).toString(), headers },
    ]
  }
  const oauthError = ({ json }: Answer) => {
    assert.ok(Array.isArray(json.error_codes), 'error_codes')
    for (const field of ['timestamp', 'trace_id', 'correlation_id']) assert.equal(typeof json[field], 'string', field)
    return { code: json.error, message: json.error_description }
  }
  const unknown = '00000000-0000-0000-0000-00000000000f'
  for (const endpoint of ['oauth2/token', 'oauth2/v2.0/token']) {
    describe(endpoint, () =>
      refuses(
        [
          {
            name: 'a wrong secret',
            ask: () => form({ client_secret: 'wrong' }, endpoint),
            status: 401,
            code: 'invalid_client',
            says: /^AADSTS7000215/,
          },
          {
            name: 'an unknown client',
            ask: () => form({ client_id: unknown }, endpoint),
            status: 400,
            code: 'unauthorized_client',
            says: /^AADSTS700016/,
          },
          {
            name: 'an unknown tenant',
            ask: () => form({}, endpoint, unknown),
            status: 400,
            code: 'invalid_request',
            says: /^AADSTS90002/,
          },
          {
            name: 'an unknown grant',
            ask: () => form({ grant_type: 'wishing' }, endpoint),
            status: 400,
            code: 'unsupported_grant_type',
            says: /^AADSTS70003/,
          },
          {
            name: 'no grant',
            ask: () => form({ grant_type: undefined }, endpoint),
            status: 400,
            code: 'invalid_request',
            says: /^AADSTS900144.*grant_type/,
          },
          {
            name: 'no client',
            ask: () => form({ client_id: undefined }, endpoint),
            status: 400,
            code: 'invalid_request',
            says: /^AADSTS900144.*client_id/,
          },
          {
            name: 'no secret',
            ask: () => form({ client_secret: undefined }, endpoint),
            status: 401,
            code: 'invalid_client',
            says: /^AADSTS7000218/,
          },
        ],
        oauthError,
      ),
    )
  }
  refuses(
    [
      {
        name: 'an unknown resource',
        ask: () => form({ resource: 'https://example.org/' }),
        status: 400,
        code: 'invalid_resource',
        says: /^AADSTS500011/,
      },
    ],
    oauthError,
  )
})

describe('every plane refuses a caller who is not who he says, or may not', () => {
  const planes = {
    'a list of Azure Resource Manager': () => `${subscription}/resourceGroups?api-version=2021-04-01`,
    'Azure Resource Manager': () => `${group}?api-version=2021-04-01`,
    'run history': () => `/history/v1.0${workspace}/experiments?${V}`,
    'model management': () => `/modelmanagement/v1.0${workspace}/models?${V}`,
    mlflow: () => `/mlflow/v2.0${workspace}/api/2.0/mlflow/experiments/search?max_results=1`,
  }
  for (const [plane, path] of Object.entries(planes)) {
    describe(plane, () => {
      test('without a token: 401, and where to get one', async () => {
        const answer = await server.ask(path(), { token: null })
        assert.equal(answer.status, 401, answer.text)
        assert.match(String(answer.headers['www-authenticate']), /^Bearer /)
      })
      test('with a token whose payload was changed: 401', async () => {
        const [head, payload = '', signature] = (await server.token()).split('.')
        const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
        const forged = Buffer.from(JSON.stringify({ ...claims, exp: claims.exp + 9999 })).toString('base64url')
        assert.equal((await server.ask(path(), { token: `${head}.${forged}.${signature}` })).status, 401)
      })
      test('with an unsigned token: 401', async () => {
        const [, payload] = (await server.token()).split('.')
        const head = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')
        assert.equal((await server.ask(path(), { token: `${head}.${payload}.` })).status, 401)
      })
      test('with what is no token: 401', async () => {
        assert.equal((await server.ask(path(), { token: 'nonsense' })).status, 401)
      })
      test('with a token for another service: 401', async () => {
        const token = await server.token({ resource: 'https://storage.azure.com/' })
        assert.equal((await server.ask(path(), { token })).status, 401)
      })
      test('a principal without rights: 403', async () => {
        const answer = await server.ask(path(), { token: await tokenWithoutRights() })
        assert.equal(answer.status, 403, answer.text)
      })
    })
  }

  test('a denial of Azure Resource Manager names who, what and where', async () => {
    const { json } = await server.ask(planes['a list of Azure Resource Manager'](), {
      token: await tokenWithoutRights(),
    })
    assert.equal(json.error.code, 'AuthorizationFailed')
    assert.match(
      json.error.message,
      /does not have authorization to perform action 'Microsoft.Resources\/subscriptions\/resourceGroups\/read' over scope/,
    )
  })

  test('blobs: no token, a token for another service, a principal without rights', async () => {
    const { json } = await server.ask(`${workspace}/datastores/workspaceblobstore?${V}`)
    const path = `/_blob/${json.properties.accountName}/${json.properties.containerName}/x`
    const ask = async (token: string | null) => {
      const answer = await server.ask(path, {
        method: 'PUT',
        body: 'x',
        token,
        headers: { 'x-ms-version': '2023-11-03', 'x-ms-blob-type': 'BlockBlob' },
      })
      return [answer.status, answer.headers['x-ms-error-code']]
    }
    assert.deepEqual(await ask(null), [401, 'NoAuthenticationInformation'])
    assert.equal((await ask(await server.token()))[0], 401)
    assert.deepEqual(await ask(await tokenWithoutRights('https://storage.azure.com/')), [
      403,
      'AuthorizationPermissionMismatch',
    ])
  })

  let stranger: { clientId: string; secret: string } | undefined
  async function tokenWithoutRights(resource = 'https://management.azure.com/'): Promise<string> {
    if (!stranger) {
      const made = spawnSync(lazuli, ['principal', 'add', 'stranger', '--json', '--data', server.data], {
        encoding: 'utf8',
      })
      assert.equal(made.status, 0, made.stderr)
      const { appId, secret } = JSON.parse(made.stdout)
      stranger = { clientId: appId, secret }
    }
    return server.token({ ...stranger, resource })
  }
})

describe('the gateway and the command line refuse', () => {
  test("a host that is neither Azure's nor its own", async () => {
    const answer = await server.ask('/subscriptions?api-version=2022-12-01', { host: 'evil.example.org' })
    assert.equal(answer.status, 421)
  })
  test('a second server on the same data directory', () => {
    const second = spawnSync(lazuli, ['up', '--port', '0', '--data', server.data], {
      encoding: 'utf8',
      timeout: 20_000,
    })
    assert.notEqual(second.status, 0)
    assert.match(second.stderr, new RegExp(`${server.data}.*|another server`, 's'))
  })
  test('`run` without a server: it starts none, and says how', () => {
    const run = spawnSync(lazuli, ['run', '--data', join(server.data, 'nowhere'), '--', 'true'], { encoding: 'utf8' })
    assert.notEqual(run.status, 0)
    assert.match(run.stderr, /lazuli up/)
  })
  test('a request head that never ends', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const asking = request(
        {
          port: server.facts.port,
          host: '127.0.0.1',
          path: '/subscriptions',
          headers: { 'x-long': 'x'.repeat(200_000) },
        },
        (response) => resolve(response.statusCode),
      )
      asking.once('error', (error: NodeJS.ErrnoException) =>
        error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(431) : reject(error),
      )
      asking.end()
    })
    assert.equal(status, 431)
  })
})

describe('Azure Resource Manager refuses', () => {
  const groups = (query = 'api-version=2021-04-01') => `${subscription}/resourceGroups/refused?${query}`
  refuses(
    [
      {
        name: 'no api-version',
        ask: () => [workspace],
        status: 400,
        code: 'MissingApiVersionParameter',
        says: /2022-05-01/,
      },
      {
        name: 'a version that never was',
        ask: () => [`${workspace}?api-version=2022-05-02`],
        status: 400,
        code: 'NoRegisteredProviderFound',
        says: /2022-05-01/,
      },
      {
        name: 'a malformed version',
        ask: () => [`${workspace}?api-version=tomorrow`],
        status: 400,
        code: /InvalidApiVersionParameter|NoRegisteredProviderFound/,
      },
      {
        name: 'an unknown subscription',
        ask: () => ['/subscriptions/00000000-0000-0000-0000-00000000000f/resourceGroups?api-version=2021-04-01'],
        status: 404,
        code: 'SubscriptionNotFound',
      },
      { name: 'an unknown group', ask: () => [groups()], status: 404, code: 'ResourceGroupNotFound' },
      {
        name: 'a resource in an unknown group',
        ask: () =>
          put(`${subscription}/resourceGroups/nowhere/providers/${ML}/workspaces/abc?${V}`, { location: 'eastus' }),
        status: 404,
        code: 'ResourceGroupNotFound',
      },
      {
        name: 'an unknown resource',
        ask: () => [`${group}/providers/${ML}/workspaces/nope?${V}`],
        status: 404,
        code: 'ResourceNotFound',
      },
      {
        name: 'a child of an unknown resource',
        ask: () =>
          put(`${group}/providers/${ML}/workspaces/nope/computes/abc?${V}`, {
            location: 'eastus',
            properties: { computeType: 'AmlCompute' },
          }),
        status: 404,
        code: 'ParentResourceNotFound',
      },
      {
        name: 'an unknown namespace',
        ask: () => [`${group}/providers/Microsoft.Nothing/things/a?${V}`],
        status: 404,
        code: 'InvalidResourceNamespace',
      },
      {
        name: 'an unknown type',
        ask: () => [`${group}/providers/${ML}/things/a?${V}`],
        status: 404,
        code: 'InvalidResourceType',
      },
      {
        name: 'an unknown location',
        ask: () => put(groups(), { location: 'atlantis' }),
        status: 400,
        code: 'LocationNotAvailableForResourceGroup',
      },
      {
        name: 'a body that is no JSON',
        ask: () => put(groups(), '{"location": eastus}', { 'content-type': 'application/json' }),
        status: 400,
        code: 'InvalidRequestContent',
      },
      {
        name: 'a body of the wrong shape',
        ask: () => put(groups(), { location: ['eastus'] }),
        status: 400,
        code: 'InvalidRequestContent',
      },
      {
        name: 'a group that moves',
        ask: () => put(`${group}?api-version=2021-04-01`, { location: 'westus' }),
        status: 409,
        code: 'InvalidResourceGroupLocation',
      },
      {
        name: 'a stale ETag',
        ask: () =>
          put(
            `${workspace}/environments/etag/versions/1?${V}`,
            { properties: { image: 'a' } },
            { 'if-match': '"stale"' },
          ),
        status: 412,
        code: 'PreconditionFailed',
      },
      {
        name: 'a bad name',
        ask: () =>
          put(`${workspace}/computes/1bad name?${V}`.replace(' ', '%20'), {
            location: 'eastus',
            properties: { computeType: 'AmlCompute', properties: { vmSize: 'Standard_DS3_v2' } },
          }),
        status: 400,
        code: /Invalid/,
      },
      {
        name: 'an unknown action',
        ask: () => [`${workspace}/conjure?${V}`, { method: 'POST', body: {} }],
        status: 404,
        code: /InvalidResourceAction|InvalidResourceType/,
      },
    ],
    armError,
  )
})

describe('what a workspace stands on is refused', () => {
  const storage = (name: string, body: object = {}) =>
    put(`${group}/providers/Microsoft.Storage/storageAccounts/${name}?api-version=2022-09-01`, {
      location: 'eastus',
      kind: 'StorageV2',
      sku: { name: 'Standard_LRS' },
      ...body,
    })
  refuses(
    [
      {
        name: 'a storage account with capitals',
        ask: () => storage('NotAllowed'),
        status: 400,
        code: /AccountNameInvalid|InvalidResourceName/,
      },
      {
        name: 'a storage account without a SKU',
        ask: () =>
          put(`${group}/providers/Microsoft.Storage/storageAccounts/nosku1?api-version=2022-09-01`, {
            location: 'eastus',
            kind: 'StorageV2',
          }),
        status: 400,
        code: 'InvalidRequestContent',
        says: /sku/,
      },
      {
        name: 'a vault of another tenant',
        ask: () =>
          put(`${group}/providers/Microsoft.KeyVault/vaults/othertenant?api-version=2023-07-01`, {
            location: 'eastus',
            properties: {
              tenantId: '00000000-0000-0000-0000-00000000000f',
              sku: { family: 'A', name: 'standard' },
              accessPolicies: [],
            },
          }),
        status: 400,
        code: 'BadRequest',
        says: /tenant/,
      },
    ],
    armError,
  )
  test('a storage account whose name another group has taken', async () => {
    assert.ok(
      (await server.ask(...put(`${subscription}/resourceGroups/other?api-version=2021-04-01`, { location: 'eastus' })))
        .status < 300,
    )
    assert.ok((await server.ask(...storage('takenname1'))).status < 300)
    const answer = await server.ask(
      ...(storage('takenname1').map((part) =>
        typeof part === 'string' ? part.replace('/lazuli/', '/other/') : part,
      ) as [string, Ask]),
    )
    assert.equal(answer.status, 409, answer.text)
    const available = await server.ask(
      `${subscription}/providers/Microsoft.Storage/checkNameAvailability?api-version=2022-09-01`,
      { method: 'POST', body: { name: 'takenname1', type: 'Microsoft.Storage/storageAccounts' } },
    )
    assert.equal(available.json.nameAvailable, false)
  })
  test('credentials of a registry whose admin user is off', async () => {
    const path = `${group}/providers/Microsoft.ContainerRegistry/registries/noadmin1`
    assert.ok(
      (await server.ask(...put(`${path}?api-version=2023-07-01`, { location: 'eastus', sku: { name: 'Basic' } })))
        .status < 300,
    )
    const answer = await server.ask(`${path}/listCredentials?api-version=2023-07-01`, { method: 'POST', body: {} })
    assert.equal(answer.status, 400, answer.text)
    assert.equal(answer.json.error.code, 'UnauthorizedForCredentialOperations')
  })
  test('to purge a protected vault, or to take its name while it is recoverable', async () => {
    const vault = `${group}/providers/Microsoft.KeyVault/vaults/protected1?api-version=2023-07-01`
    const body = {
      location: 'eastus',
      properties: {
        tenantId: server.facts.tenantId,
        sku: { family: 'A', name: 'standard' },
        accessPolicies: [],
        enablePurgeProtection: true,
      },
    }
    assert.ok((await server.ask(...put(vault, body))).status < 300)
    assert.ok((await server.ask(vault, { method: 'DELETE' })).status < 300)
    assert.equal((await server.ask(...put(vault, body))).status, 409)
    const purge = await server.ask(
      `${subscription}/providers/Microsoft.KeyVault/locations/eastus/deletedVaults/protected1/purge?api-version=2023-07-01`,
      { method: 'POST', body: {} },
    )
    assert.equal(purge.status, 409, purge.text)
  })
})

describe('a workspace that cannot be is told of by its Location', () => {
  let dependencies: Record<string, string> = {}
  before(async () => {
    const { properties } = (await server.ask(`${workspace}?${V}`)).json
    dependencies = Object.fromEntries(
      ['storageAccount', 'keyVault', 'applicationInsights'].map((name) => [name, properties[name]]),
    )
  })
  const cases: readonly { name: string; change: () => object; identity?: () => object; says: RegExp }[] = [
    {
      name: 'a missing storage account',
      change: () => ({ storageAccount: `${group}/providers/Microsoft.Storage/storageAccounts/missing1` }),
      says: /missing1/,
    },
    {
      name: 'an id of the wrong type',
      change: () => ({ keyVault: dependencies.storageAccount }),
      says: /Microsoft\.KeyVault\/vaults/i,
    },
    {
      name: 'a missing identity',
      change: () => ({}),
      identity: () => ({
        type: 'UserAssigned',
        userAssignedIdentities: {
          [`${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/missing2`]: {},
        },
      }),
      says: /missing2/,
    },
  ]
  for (const [at, { name, change, identity, says }] of cases.entries()) {
    test(name, async () => {
      const path = `${group}/providers/${ML}/workspaces/refused${at}?api-version=2022-05-01`
      const body = {
        location: 'eastus',
        identity: identity?.() ?? { type: 'SystemAssigned' },
        properties: { ...dependencies, ...change() },
      }
      const asked = await server.ask(...put(path, body))
      const told =
        asked.status >= 400
          ? asked
          : await until('the operation is over', async () => {
              const url = new URL(String(asked.headers.location))
              const now = await server.ask(url.pathname + url.search)
              return now.status !== 202 && !now.text.includes('InProgress') && now
            })
      assert.match(told.json.error.message, says, told.text)
      assert.notEqual((await server.ask(path)).json.properties?.provisioningState, 'Succeeded')
    })
  }
})

describe('computes refuse', () => {
  const compute = (name: string, properties: object, computeType = 'AmlCompute') =>
    put(`${workspace}/computes/${name}?${V}`, { location: 'eastus', properties: { computeType, properties } })
  refuses(
    [
      {
        name: 'an unknown size',
        ask: () => compute('nosize', { vmSize: 'Standard_Imaginary' }),
        status: 400,
        code: 'InvalidVmSize',
        says: /Standard_Imaginary/,
      },
      {
        name: 'a size with a GPU, which this machine has not',
        ask: () => compute('gpu', { vmSize: 'Standard_NC6' }),
        status: 400,
        code: /VmSize/,
        says: /GPU/,
      },
      {
        name: 'more nodes than the quota admits',
        ask: () =>
          compute('huge', { vmSize: 'Standard_DS3_v2', scaleSettings: { minNodeCount: 0, maxNodeCount: 5000 } }),
        status: 400,
        code: 'ClusterCoreQuotaReached',
      },
      {
        name: 'fewer nodes at most than at least',
        ask: () =>
          compute('upside', { vmSize: 'Standard_DS3_v2', scaleSettings: { minNodeCount: 3, maxNodeCount: 1 } }),
        status: 400,
        code: 'InvalidScaleSettings',
      },
      {
        name: 'a kind that no engine here runs',
        ask: () => compute('hdi', {}, 'HDInsight'),
        status: 400,
        code: /ComputeType|Engine/,
        says: /HDInsight/,
      },
      {
        name: 'to be deleted without saying what becomes of the machines',
        ask: () => [`${workspace}/computes/cpu-cluster?${V}`, { method: 'DELETE' }],
        status: 400,
        code: 'BadRequest',
        says: /underlyingResourceAction/,
      },
      {
        name: 'a cluster that is to start',
        ask: () => [`${workspace}/computes/cpu-cluster/start?${V}`, { method: 'POST', body: {} }],
        status: 400,
        code: 'BadRequest',
      },
    ],
    armError,
  )
})

describe('jobs and assets refuse', () => {
  const job = (name: string, properties: object) =>
    put(`${workspace}/jobs/${name}?${V}`, {
      properties: {
        jobType: 'Command',
        command: 'true',
        environmentId: `${workspace}/environments/refusals/versions/1`,
        computeId: `${workspace}/computes/cpu-cluster`,
        ...properties,
      },
    })
  before(() =>
    server.ask(
      ...put(`${workspace}/environments/refusals/versions/1?${V}`, {
        properties: { image: 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04' },
      }),
    ),
  )
  refuses(
    [
      {
        name: 'an unknown environment',
        ask: () => job('r1', { environmentId: `${workspace}/environments/nope/versions/1` }),
        status: 404,
        code: 'UserError',
        says: /nope/,
      },
      {
        name: 'an unknown compute',
        ask: () => job('r2', { computeId: `${workspace}/computes/nope` }),
        status: 404,
        code: /UserError|ResourceNotFound|ComputeNotFound/,
        says: /nope/,
      },
      {
        name: 'unknown code',
        ask: () => job('r3', { codeId: `${workspace}/codes/nope/versions/1` }),
        status: 404,
        code: 'UserError',
        says: /nope/,
      },
      {
        name: 'a kind of job that is not there yet',
        ask: () => put(`${workspace}/jobs/r4?${V}`, { properties: { jobType: 'Spark', entry: {} } }),
        status: 501,
        code: 'NotImplemented',
        says: /Spark/i,
      },
      {
        name: 'an input that the command names and nobody gives',
        ask: () => job('r5', { command: 'cat ${{inputs.missing}}' }),
        status: 400,
        code: /UserError|ValidationError/,
        says: /missing/,
      },
      {
        name: 'a job without a command',
        ask: () => job('r6', { command: undefined }),
        status: 400,
        code: 'InvalidRequestContent',
        says: /command/,
      },
      {
        name: 'an unknown job',
        ask: () => [`${workspace}/jobs/nope?${V}`],
        status: 404,
        code: /ResourceNotFound|UserError/,
      },
      {
        name: 'the workspace’s own datastore to be deleted',
        ask: () => [`${workspace}/datastores/workspaceblobstore?${V}`, { method: 'DELETE' }],
        status: 400,
        code: 'UserError',
      },
    ],
    armError,
  )
})

describe('regional services and blobs refuse what is not there yet, by name', () => {
  test('an operation of execution', async () => {
    const start = `/execution/v1.0${workspace}/experiments/x/snapshotrun`
    const answer = await server.ask(start, { method: 'POST', body: {} })
    assert.equal(answer.status, 501, answer.text)
    assert.match(answer.text, /NotImplemented/)
    assert.match(answer.text, /retired/)
  })
  test('an operation of model management', async () => {
    const answer = await server.ask(`/modelmanagement/v1.0${workspace}/services`)
    assert.equal(answer.status, 501, answer.text)
    assert.match(answer.text, /NotImplemented/)
  })
  test('what no service has', async () => {
    assert.equal((await server.ask(`/history/v1.0${workspace}/nonsense`)).status, 404)
  })
  test('queries of what a blob holds', async () => {
    const { json } = await server.ask(`${workspace}/datastores/workspaceblobstore?${V}`)
    const token = await server.token({ resource: 'https://storage.azure.com/' })
    const answer = await server.ask(
      `/_blob/${json.properties.accountName}/${json.properties.containerName}/x?comp=query`,
      {
        method: 'POST',
        token,
        headers: { 'x-ms-version': '2023-11-03', 'content-length': '0' },
      },
    )
    assert.equal(answer.status, 501, answer.text)
    assert.ok(answer.headers['x-ms-error-code'])
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../support/server.ts'
import { codeOf, regionOf } from './region.ts'

const { server, service, arm, workspace } = await regionOf({ LAZULI_ALLOW_SUBSTITUTE: 'true' })
const stores = service('/datastore/v1.0')
const environments = service('/environment/v1.0')

describe('datastores', () => {
  const names = async () => (await stores('GET', '/datastores')).json.value.map((one: { name: string }) => one.name)
  const blob = async (name: string, more: object = {}) => {
    const { azureStorageSection: own } = (await stores('GET', '/datastores/workspaceblobstore')).json
    const { accountName, containerName, accountKey: credential } = own
    const section = { accountName, containerName, credentialType: 'AccountKey', credential, ...more }
    return { name, dataStoreType: 'AzureBlob', azureStorageSection: section }
  }

  test('those of the workspace, with their keys for whom the resource manager lists them', async () => {
    const { azureStorageSection: section } = (await stores('GET', '/datastores/workspaceblobstore')).json
    const { key } = (await arm('POST', '/datastores/workspaceblobstore/listSecrets')).json
    assert.deepEqual([section.accountKey, section.credential, section.credentialType], [key, key, 'AccountKey'])
    const without = (await stores('GET', '/datastores?includeSecret=false')).json.value
    assert.ok(
      without.every((one: { azureStorageSection: { accountKey: null } }) => !one.azureStorageSection.accountKey),
    )

    const { objectId, appId, secret } = (
      await server.ask('/lazuli/principals', { method: 'POST', body: { name: 'reader' } })
    ).json
    const [, , subscription] = workspace.split('/')
    const properties = {
      principalId: objectId,
      roleDefinitionId: `/subscriptions/${subscription}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7`,
    }
    const assignment = `${workspace}/providers/Microsoft.Authorization/roleAssignments/${crypto.randomUUID()}`
    await server.ask(`${assignment}?api-version=2022-04-01`, { method: 'PUT', body: { properties } })
    const token = await server.token({ clientId: appId, secret })
    const asReader = await server.ask(`/datastore/v1.0${workspace}/datastores/workspaceblobstore`, { token })
    assert.equal(asReader.status, 200, asReader.text)
    const { accountKey, credential } = asReader.json.azureStorageSection
    assert.deepEqual([accountKey, credential], [null, null])
    assert.ok(!asReader.text.includes(key))
  })

  test('one is made, seen by ARM, refused a second time, changed, made the default, and goes', async () => {
    assert.equal((await stores('POST', '/datastores', await blob('mine'))).status, 200)
    assert.equal((await arm('GET', '/datastores/mine')).json.properties.datastoreType, 'AzureBlob')
    const again = await stores('POST', '/datastores', await blob('mine'))
    assert.deepEqual([again.status, /same name already exists/.test(again.text)], [400, true])
    const tagged = { ...(await blob('mine')), tags: { a: '1' } }
    assert.equal((await stores('PUT', '/datastores/mine', tagged)).status, 200)
    assert.deepEqual((await arm('GET', '/datastores/mine')).json.properties.tags, { a: '1' })

    assert.equal((await stores('PUT', '/default/mine')).status, 200)
    const made = (await stores('GET', '/default')).json
    assert.deepEqual([made.name, typeof made.azureStorageSection.accountKey], ['mine', 'string'])
    assert.equal((await arm('GET', '/datastores/workspaceblobstore')).json.properties.isDefault, false)
    assert.equal((await stores('DELETE', '/datastores/mine')).status, 400, 'the default one stays')
    assert.equal((await stores('PUT', '/default/workspaceblobstore')).status, 200)
    assert.equal((await stores('DELETE', '/datastores/mine')).status, 200)
    assert.equal((await stores('DELETE', '/datastores/mine')).status, 204)
    assert.equal((await arm('GET', '/datastores/mine')).status, 404)
  })

  test('pages; and all of them go but the workspace’s own', async () => {
    await stores('POST', '/datastores', await blob('extra'))
    const all = await names()
    const first = (await stores('GET', '/datastores?count=2')).json
    const { search } = new URL(first.nextLink)
    const rest = (await stores('GET', `/datastores${search}`)).json
    assert.deepEqual([...first.value, ...rest.value].map((one) => one.name).slice(0, 3), all.slice(0, 3))
    assert.equal((await stores('DELETE', '/datastores')).status, 200)
    assert.deepEqual(
      await names(),
      all.filter((name: string) => name !== 'extra'),
    )
  })

  for (const [why, section] of Object.entries({
    'no account here': { accountName: 'nobodyhasthis' },
    'a wrong key': { credential: 'd3Jvbmc=' },
    'no key': { credential: null },
    'a kind of credentials that is none': { credentialType: 'Wish' },
  })) {
    test(`refused: ${why}`, async () => {
      const answer = await stores('POST', '/datastores', await blob('bad', section))
      assert.deepEqual([answer.status, (await arm('GET', '/datastores/bad')).status], [400, 404], answer.text)
    })
  }

  test('refused: a kind that lies on no storage account; and what is not there', async () => {
    const sql = await stores('POST', '/datastores', { name: 'sql', dataStoreType: 'AzureSqlDatabase' })
    assert.deepEqual([sql.status, codeOf(sql)], [400, 'DatastoreTypeNotSupported'])
    for (const [method, path] of [
      ['GET', '/datastores/none'],
      ['PUT', '/default/none'],
    ] as const) {
      assert.equal((await stores(method, path)).status, 404, path)
    }
    assert.equal((await stores('PUT', '/datastores/none', await blob('none'))).status, 404)
    const asked = await stores('PUT', '/datastores/none?createIfNotExists=true', await blob('none'))
    assert.equal(asked.status, 200, asked.text)
  })
})

const definition = (more: object = {}) => ({
  Name: 'e',
  python: { userManagedDependencies: true, condaDependencies: { name: 'p', dependencies: ['python=3.11'] } },
  EnvironmentVariables: { FOO: 'from the environment' },
  Docker: { baseImage: 'python:3.11-slim', baseDockerfile: null },
  Spark: { packages: [], repositories: [] },
  ...more,
})

describe('environments', () => {
  test('a definition is a version there too; the same again is no other one', async () => {
    const made = await environments('PUT', '/environments/own', definition())
    assert.deepEqual([made.status, made.json.version], [200, '1'], made.text)
    assert.equal((await arm('GET', '/environments/own/versions/1')).json.properties.image, 'python:3.11-slim')
    assert.equal((await environments('PUT', '/environments/own', definition())).json.version, '1')
    const python = { userManagedDependencies: false, condaDependencies: { dependencies: ['python=3.11'] } }
    const next = await environments('PUT', '/environments/own', definition({ python }))
    assert.equal(next.json.version, '2')
    assert.match((await arm('GET', '/environments/own/versions/2')).json.properties.condaFile, /python=3\.11/)
    const latest = (await environments('GET', '/environments/own')).json
    assert.deepEqual(
      [latest.name, latest.version, latest.environmentVariables],
      ['own', '2', { FOO: 'from the environment' }],
    )
    const list = (await environments('GET', '/environments/')).json.value
    assert.deepEqual(
      list.filter((one: { name: string }) => one.name === 'own').map((one: { version: string }) => one.version),
      ['2'],
    )
  })

  test('one that ARM made, with what it is; no image of it is in a registry', async () => {
    const condaFile = 'dependencies:\n- python=3.11\n- pip:\n  - six\n'
    await arm('PUT', '/environments/arm/versions/7', { properties: { image: 'ubuntu:22.04', condaFile } })
    const { json } = await environments('GET', '/environments/arm/versions/7')
    assert.deepEqual(json.python.condaDependencies.dependencies[1], { pip: ['six'] })
    assert.equal(json.docker.baseImage, 'ubuntu:22.04')
    assert.equal((await environments('GET', '/environments/arm/versions/7/image')).json.imageExistsInRegistry, false)
  })

  test('what somebody else wrote under the definition’s name does no harm', async () => {
    const properties = { image: 'ubuntu:22.04', properties: { 'azureml.definition': 'no JSON' } }
    await arm('PUT', '/environments/spoilt/versions/1', { properties })
    const { status, json } = await environments('GET', '/environments/spoilt/versions/1')
    assert.deepEqual([status, json.docker.baseImage], [200, 'ubuntu:22.04'])
  })

  test('labels are moved from one version to another', async () => {
    await environments('PUT', '/environments/l/versions/1', definition())
    await environments('PUT', '/environments/l/versions/2', definition({ EnvironmentVariables: {} }))
    const label = (version: string, Labels: string[]) =>
      environments('PUT', `/environments/l/versions/${version}/metadata`, { Labels })
    const at = async (name: string) => (await environments('GET', `/environments/l/labels/${name}`)).json.version
    await label('1', ['prod', 'old'])
    assert.deepEqual([await at('prod'), await at('old'), await at('latest')], ['1', '1', '2'])
    await label('2', ['prod'])
    assert.deepEqual([await at('prod'), await at('old')], ['2', '1'])
    await label('1', [])
    assert.equal((await environments('GET', '/environments/l/labels/old')).status, 404)
    assert.equal((await label('9', ['x'])).status, 404)
  })

  test('a Dockerfile is kept as a context of its own', async () => {
    const Docker = { baseImage: null, baseDockerfile: 'FROM python:3.11-slim\nRUN pip install six\n' }
    const made = await environments('PUT', '/environments/docker', definition({ Docker }))
    assert.equal(made.status, 200, made.text)
    const { build } = (await arm('GET', '/environments/docker/versions/1')).json.properties
    assert.match(
      build.contextUri,
      /\/datastores\/workspaceartifactstore\/paths\/LocalUpload\/dockerfile-[0-9a-f]{64}\/$/,
    )
  })

  test('its variables are those of a job', async () => {
    await environments('PUT', '/environments/vars', definition())
    const compute = { computeType: 'AmlCompute', properties: { vmSize: 'Standard_D1' } }
    await arm('PUT', '/computes/one', { location: 'eastus', properties: { ...compute } })
    const properties = {
      jobType: 'Command',
      command: 'test "$FOO" = "from the environment"',
      environmentId: `${workspace}/environments/vars/versions/1`,
      computeId: `${workspace}/computes/cpu-cluster`,
    }
    assert.equal((await arm('PUT', '/jobs/vars', { properties })).status, 201)
    const status = await until(
      'the job is over',
      async () => {
        const now = (await arm('GET', '/jobs/vars')).json.properties.status
        return ['Completed', 'Failed'].includes(now) && now
      },
      120_000,
    )
    assert.equal(status, 'Completed')
  })

  for (const [why, body, status] of [
    ['R', definition({ r: { version: '4' } }), 400],
    ['Spark’s packages', definition({ Spark: { packages: [{ artifact: 'x' }] } }), 400],
    ['nothing to build from', definition({ Docker: {} }), 400],
    [
      'a Dockerfile and a conda file',
      {
        ...definition({ Docker: { baseDockerfile: 'FROM python:3.11' } }),
        python: { userManagedDependencies: false, condaDependencies: { dependencies: ['six'] } },
      },
      400,
    ],
    ['no JSON object', [], 400],
  ] as const) {
    test(`refused: ${why}`, async () => {
      const answer = await environments('PUT', '/environments/bad', body)
      assert.equal(answer.status, status, answer.text)
      assert.equal((await environments('GET', '/environments/bad')).status, 404)
    })
  }

  test('a version that is there stays as it is; what is not built here says why', async () => {
    await environments('PUT', '/environments/stay/versions/1', definition())
    const other = await environments('PUT', '/environments/stay/versions/1', definition({ EnvironmentVariables: {} }))
    assert.deepEqual([other.status, codeOf(other)], [409, 'Conflict'])
    const build = await service('/environment/v2.0')('POST', '/environments/stay/versions/1/image', {})
    assert.deepEqual([build.status, /when a job first needs them/.test(build.text)], [501, true])
  })
})

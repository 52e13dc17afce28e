import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startServer, type TestServer } from '../support/server.ts'
import { ArmClient, filesWith } from './arm-client.ts'

let server: TestServer
let arm: ArmClient
let account: string
before(async () => {
  server = await startServer()
  arm = new ArmClient(server)
  const { storageAccount } = (await arm.get(arm.workspace)).json.properties
  account = storageAccount.split('/').at(-1)
})
after(() => server.stop())

const path = (rest: string) => `${arm.workspace}/${rest}`
const names = (answer: { json: { value: { name: string }[] } }) => answer.json.value.map(({ name }) => name)
const BLOB = 'azureml://datastores/workspaceblobstore/paths/'
/** Whatever spelling was sent, assets keep the one that is good anywhere. */
const LONG =
  /^azureml:\/\/subscriptions\/[^/]+\/resourcegroups\/lazuli\/workspaces\/default\/datastores\/workspaceblobstore\/paths\/m\/$/

describe('versions', () => {
  const version = (name: string) => path(`models/m/versions/${name}`)
  const model = (more: object = {}) => ({
    properties: { modelType: 'custom_model', modelUri: `${BLOB}m/`, tags: null, properties: null, ...more },
  })

  test('make their container, which knows the latest and the next', async () => {
    assert.equal((await arm.get(path('models/m'))).status, 404)
    for (const name of ['1', '5', 'beta']) assert.equal((await arm.put(version(name), model())).status, 201)
    const { properties } = (await arm.get(path('models/m'))).json
    assert.deepEqual([properties.latestVersion, properties.nextVersion], ['beta', '6'])
    const latest = await arm.get(path('models/m/versions?$orderBy=createdtime%20desc&$top=1'))
    assert.deepEqual(names(latest), ['beta'])
  })

  test('answer empty maps where a client sent null, since clients fail over null', async () => {
    const { properties } = (await arm.get(version('1'))).json
    assert.deepEqual([properties.tags, properties.properties, properties.flavors], [{}, {}, {}])
  })

  test('say the same again, and change what describes them: 200', async () => {
    assert.equal((await arm.put(version('1'), model())).status, 200)
    const changed = await arm.put(version('1'), model({ description: 'd', tags: { a: 'b' } }))
    assert.equal(changed.status, 200, changed.text)
    assert.match(changed.json.properties.modelUri, LONG)
    assert.deepEqual(changed.json.properties.tags, { a: 'b' })
  })

  test('never change what makes them up', async () => {
    const refused = await arm.put(version('1'), model({ modelUri: `${BLOB}other/` }))
    const { code, message } = refused.json.error
    assert.deepEqual([refused.status, code], [409, 'UserError'])
    assert.match(message, /modelUri/)
    assert.match((await arm.get(version('1'))).json.properties.modelUri, LONG)
  })

  test('that are archived are listed when asked for', async () => {
    await arm.put(version('5'), model({ isArchived: true }))
    assert.deepEqual(names(await arm.get(path('models/m/versions'))).sort(), ['1', 'beta'])
    assert.deepEqual(names(await arm.get(path('models/m/versions?listViewType=ArchivedOnly'))), ['5'])
    assert.equal(names(await arm.get(path('models/m/versions?listViewType=All'))).length, 3)
    const odd = await arm.get(path('models/m/versions?listViewType=ListViewType.ACTIVE_ONLY'))
    assert.equal(odd.json.value.length, 2)
  })

  test('are found by tags, page by page', async () => {
    assert.deepEqual(names(await arm.get(path('models/m/versions?tags=a=b'))), ['1'])
    const first = await arm.get(path('models/m/versions?$top=1&listViewType=All'))
    assert.equal(first.json.value.length, 1)
    const next = new URL(first.json.nextLink)
    const second = await server.ask(next.pathname + next.search)
    assert.notDeepEqual(names(second), names(first))
  })

  test('are deleted one by one', async () => {
    assert.equal((await arm.remove(version('beta'))).status, 200)
    assert.equal((await arm.get(version('beta'))).status, 404)
    assert.equal((await arm.remove(version('beta'))).status, 204)
  })
})

describe('environments', () => {
  for (const [at, { name, properties, says }] of [
    { name: 'nothing to build from', properties: { condaFile: 'name: x' }, says: /image/ },
    {
      name: 'an image and a build context',
      properties: { image: 'a', build: { contextUri: `${BLOB}c` } },
      says: /both/,
    },
    {
      name: 'a build context and a conda file',
      properties: { build: { contextUri: `${BLOB}c` }, condaFile: 'x' },
      says: /conda/,
    },
    { name: 'Windows', properties: { image: 'a', osType: 'Windows' }, says: /Linux/ },
  ].entries()) {
    test(`refuse ${name}`, async () => {
      assert.match((await arm.refusal(path(`environments/bad${at}/versions/1`), { properties })).message, says)
      assert.equal((await arm.get(path(`environments/bad${at}`))).status, 404)
    })
  }
})

describe('data', () => {
  const data = (dataUri: string) => ({ properties: { dataType: 'uri_folder', dataUri } })

  for (const [at, { name, uri, says }] of [
    { name: 'a datastore that is not there', uri: 'azureml://datastores/none/paths/x', says: /none/ },
    {
      name: 'another workspace',
      uri: 'azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/d/paths/x',
      says: /another workspace/,
    },
    {
      name: 'a file share, which is not served here',
      uri: 'azureml://datastores/workspacefilestore/paths/x',
      says: /AzureFile/,
    },
    { name: 'no place at all', uri: 'ftp://x/y', says: /web address/ },
  ].entries()) {
    test(`refuses ${name}`, async () => {
      assert.match((await arm.refusal(path(`data/bad${at}/versions/1`), data(uri))).message, says)
    })
  }

  test('by Hadoop’s schemes, the container in either place, leads where its web address does', async () => {
    for (const [at, uri] of [
      `wasbs://${account}.blob.core.windows.net/azureml/x/`,
      `abfss://azureml@${account}.dfs.core.windows.net/x/`,
      // Of elsewhere, as https: who reads it is told.
      'wasbs://account-name.blob.core.windows.net/container-name/x/',
    ].entries()) {
      assert.equal((await arm.made(path(`data/hadoop${at}/versions/1`), data(uri))).properties.dataUri, uri)
      assert.equal((await arm.remove(path(`data/hadoop${at}`))).status, 200)
    }
  })

  test('does not lend the workspace an account that none of its datastores lies on', async () => {
    const other = `${arm.group}/providers/Microsoft.Storage/storageAccounts/foreignaccount`
    await arm.made(other, { location: 'eastus', kind: 'StorageV2', sku: { name: 'Standard_LRS' } })
    const uri = 'https://foreignaccount.blob.core.windows.net/c/x'
    assert.match((await arm.refusal(path('data/foreign/versions/1'), data(uri))).message, /foreignaccount/)
    await arm.made(path('data/own/versions/1'), data(`https://${account}.blob.core.windows.net/azureml/x`))
    await arm.made(path('data/public/versions/1'), data('https://example.org/iris.csv'))
  })

  test('is archived as a whole through its container', async () => {
    const archived = { properties: { dataType: 'uri_folder', isArchived: true } }
    assert.equal((await arm.put(path('data/own'), archived)).status, 200)
    assert.deepEqual(names(await arm.get(path('data'))), ['public'])
    assert.deepEqual(names(await arm.get(path('data?listViewType=ArchivedOnly'))), ['own'])
  })
})

describe('codes', () => {
  const code = (codeUri: string) => ({
    properties: { codeUri, isAnonymous: true, properties: { hash_sha256: 'abc123', hash_version: 202208 } },
  })
  let uploaded: string

  test('start with a fresh container, which its SAS writes to', async () => {
    const start = () =>
      arm.post(path('codes/new/versions/1/startPendingUpload'), { pendingUploadType: 'TemporaryBlobReference' })
    const { blobUri, credential } = (await start()).json.blobReferenceForConsumption
    assert.notEqual((await start()).json.blobReferenceForConsumption.blobUri, blobUri)
    assert.equal(credential.credentialType, 'SAS')
    const sas = new URL(credential.sasUri)
    const answer = await server.ask(`${sas.pathname}/src/train.py${sas.search}`, {
      method: 'PUT',
      token: null,
      body: 'print(1)',
      headers: { 'x-ms-version': '2021-12-02', 'x-ms-blob-type': 'BlockBlob' },
    })
    assert.equal(answer.status, 201, answer.text)
    uploaded = `${blobUri}/src`
  })

  test('keep their hash, by which they are found under any name', async () => {
    const made = await arm.made(path('codes/new/versions/1'), code(uploaded))
    assert.equal(made.properties.properties.hash_sha256, 'abc123')
    const found = await arm.get(path('codes/made-up/versions?hash=abc123&hashVersion=202208'))
    assert.match(found.json.value[0].id, /\/codes\/new\/versions\/1$/)
    assert.deepEqual((await arm.get(path('codes/made-up/versions?hash=other&hashVersion=202208'))).json.value, [])
  })

  test('refuse a folder that lies elsewhere', async () => {
    assert.match((await arm.refusal(path('codes/far/versions/1'), code('https://example.org/src'))).message, /example/)
  })
})

describe('datastores', () => {
  const store = (more: object = {}, secrets?: object) => ({
    properties: {
      datastoreType: 'AzureBlob',
      accountName: account,
      containerName: 'azureml',
      credentials: secrets
        ? { credentialsType: 'AccountKey', secrets: { secretsType: 'AccountKey', ...secrets } }
        : { credentialsType: 'None' },
      ...more,
    },
  })

  test('answer no secrets but to listSecrets, and store none in clear', async () => {
    const key = 'bm90IGEgcmVhbCBrZXksIGJ1dCBhIHNlY3JldA=='
    const answer = await arm.put(path('datastores/sealed'), store({}, { key }), '&skipValidation=true')
    assert.equal(answer.status, 201, answer.text)
    const shown = (await arm.get(path('datastores/sealed'))).json.properties
    assert.deepEqual(shown.credentials, { credentialsType: 'AccountKey' })
    assert.deepEqual((await arm.post(path('datastores/sealed/listSecrets'))).json, { secretsType: 'AccountKey', key })
    assert.deepEqual(filesWith(server.data, key), [])
  })

  test("the workspace's own answer the account's key as it is now", async () => {
    const own = (await arm.post(path('datastores/workspaceblobstore/listSecrets'))).json
    assert.equal(own.key, (await arm.post(`${arm.workspace}/listKeys`)).json.userStorageKey)
  })

  test('are checked unless the client asks not to', async () => {
    const wrong = [
      [store({ accountName: 'nosuchaccount' }), /nosuchaccount/],
      [store({ containerName: 'nosuchcontainer' }), /nosuchcontainer/],
      [store({}, { key: 'd3Jvbmc=' }), /no key/],
      [store({ datastoreType: 'Hdfs' }), /Hdfs/],
    ] as const
    for (const [wish, says] of wrong) assert.match((await arm.refusal(path('datastores/wrong'), wish)).message, says)
  })

  test('of the first Data Lake are kept where no check is asked for, and refused when they are used', async () => {
    const at = path('datastores/lake')
    const properties = {
      datastoreType: 'AzureDataLakeGen1',
      storeName: 'lake',
      credentials: { credentialsType: 'None' },
    }
    assert.match((await arm.refusal(at, { properties })).message, /AzureDataLakeGen1/)
    assert.equal((await arm.put(at, { properties }, '&skipValidation=true')).status, 201)
    assert.equal((await arm.get(at)).json.properties.storeName, 'lake')
    const data = { properties: { dataType: 'uri_folder', dataUri: 'azureml://datastores/lake/paths/x' } }
    assert.match((await arm.refusal(path('data/of-lake/versions/1'), data)).message, /can't be read or written/)
    assert.equal((await arm.remove(at)).status, 200)
  })

  test('are filtered by default, name and count; and one of them is the default', async () => {
    assert.deepEqual(names(await arm.get(path('datastores?isDefault=true&count=30&orderByAsc=false'))), [
      'workspaceblobstore',
    ])
    assert.deepEqual(names(await arm.get(path('datastores?names=sealed,none'))), ['sealed'])
    assert.equal((await arm.get(path('datastores?count=2'))).json.value.length, 2)
  })

  test('are deleted, but not those that belong to the workspace', async () => {
    assert.equal((await arm.remove(path('datastores/sealed'))).status, 200)
    assert.equal((await arm.remove(path('datastores/workspaceartifactstore'))).status, 400)
  })
})

describe('what the bytes of an asset say', () => {
  const write = async (at: string, text: string) => {
    const { accountName, containerName } = (await arm.get(path('datastores/workspaceblobstore'))).json.properties
    const answer = await server.ask(`/_blob/${accountName}/${containerName}/${at}`, {
      method: 'PUT',
      token: await server.token({ resource: 'https://storage.azure.com/' }),
      body: text,
      headers: { 'x-ms-version': '2021-12-02', 'x-ms-blob-type': 'BlockBlob' },
    })
    assert.equal(answer.status, 201, answer.text)
  }
  const table = (at: string) => ({ properties: { dataType: 'mltable', dataUri: `${BLOB}${at}/` } })

  test('an MLTable may take columns from its paths before it reads, as the mltable package writes it', async () => {
    const text =
      "type: mltable\npaths: [{pattern: 'wasbs://c@a.blob.core.windows.net/y=*/*.parquet'}]\ntransformations:\n- extract_columns_from_partition_format:\n    partition_format: /y={y}\n- read_parquet:\n    include_path_column: false\n- drop_columns: [a]\n"
    await write('t/partitioned/MLTable', text)
    const made = await arm.put(path('data/partitioned/versions/1'), table('t/partitioned'))
    assert.equal(made.status, 201, made.text)
  })

  test('an MLTable is read, and names what it refers to', async () => {
    await write(
      't/good/MLTable',
      'type: mltable\npaths:\n  - file: ./a.csv\n  - pattern: b/*.csv\ntransformations:\n  - read_delimited:\n      delimiter: ","\n  - take: 3\n',
    )
    const { referencedUris } = (await arm.made(path('data/t-good/versions/1'), table('t/good'))).properties
    assert.deepEqual(
      referencedUris.map((uri: string) => uri.split('/t/good/')[1]),
      ['a.csv', 'b/*.csv'],
    )
    assert.equal((await arm.put(path('data/t-good/versions/1'), table('t/good'))).status, 200)
  })

  for (const [at, { name, text, says }] of [
    { name: 'no YAML', text: 'paths: [', says: /no YAML/ },
    { name: 'no paths', text: 'type: mltable', says: /paths/ },
    {
      name: 'a filter before what reads',
      text: "paths: [{file: a}]\ntransformations: [{filter: 'col(1) > 0'}, read_parquet]",
      says: /'read_parquet' must come first/,
    },
    { name: 'a path of two kinds', text: 'paths:\n  - file: a\n    folder: b', says: /paths\[0\]/ },
    { name: 'an unknown transformation', text: 'paths:\n  - file: a\ntransformations:\n  - fold', says: /fold/ },
    {
      name: 'two readers',
      text: 'paths:\n  - file: a\ntransformations:\n  - read_parquet\n  - read_json_lines',
      says: /two ways/,
    },
    { name: 'another type', text: 'type: table\npaths:\n  - file: a', says: /'table'/ },
  ].entries()) {
    test(`an MLTable is refused: ${name}`, async () => {
      await write(`t/bad${at}/MLTable`, text)
      assert.match((await arm.refusal(path(`data/t-bad${at}/versions/1`), table(`t/bad${at}`))).message, says)
      assert.equal((await arm.get(path(`data/t-bad${at}`))).status, 404)
    })
  }

  test('an MLflow model has its flavors, and is refused over something else', async () => {
    const model = (at: string) => ({ properties: { modelType: 'mlflow_model', modelUri: `${BLOB}${at}/` } })
    await write('m/flow/MLmodel', 'flavors:\n  python_function:\n    loader_module: x\n  sklearn:\n    code: null\n')
    const made = await arm.made(path('models/flow/versions/1'), model('m/flow'))
    assert.deepEqual(Object.keys(made.properties.flavors), ['python_function', 'sklearn'])
    await write('m/other/model.pkl', 'x')
    assert.match((await arm.refusal(path('models/other/versions/1'), model('m/other'))).message, /MLmodel/)
    await arm.made(path('models/later/versions/1'), model('m/not-there-yet'))
  })

  test('a model that lies in a run names its job', async () => {
    const modelUri = 'azureml://datastores/workspaceartifactstore/paths/ExperimentRun/dcid.some-run/outputs/m'
    const made = await arm.made(path('models/of-run/versions/1'), { properties: { modelUri } })
    assert.equal(made.properties.jobName, 'some-run')
  })

  for (const uri of ['runs:/RUN/model', 'azureml://jobs/RUN/outputs/artifacts/paths/model'])
    test(`a model registered as ${uri} shows the place of its files, and its run has to be there`, async () => {
      const regional = `/history/v1.0${arm.workspace}/experiments/logged/runs/logged-run`
      assert.equal((await server.ask(regional, { method: 'PATCH', body: { runId: 'logged-run' } })).status, 200)
      const name = uri.startsWith('runs') ? 'by-run' : 'by-job'
      const model = (run: string) => ({ properties: { modelUri: uri.replace('RUN', run) } })
      const { properties } = await arm.made(path(`models/${name}/versions/1`), model('logged-run'))
      assert.match(
        properties.modelUri,
        /^azureml:\/\/subscriptions\/.*\/datastores\/workspaceartifactstore\/paths\/ExperimentRun\/dcid\.logged-run\/model$/,
      )
      assert.equal(properties.jobName, 'logged-run')
      assert.equal((await arm.put(path(`models/${name}/versions/1`), model('logged-run'))).status, 200)
      assert.match(
        (await arm.refusal(path('models/none/versions/1'), model('no-run'))).message,
        /'no-run' was not found/,
      )
    })
})

describe('components', () => {
  const spec = (more: object) => ({ properties: { componentSpec: { type: 'command', command: 'echo', ...more } } })

  test('of each kind are kept as they were sent', async () => {
    await arm.made(path('environments/ce/versions/1'), { properties: { image: 'python:3.11-slim' } })
    for (const [name, body] of Object.entries({
      command: spec({ environment: 'azureml:ce:1', inputs: { x: { type: 'number', default: 1 } } }),
      curated: spec({ environment: 'azureml://registries/azureml/environments/sklearn-1.5/labels/latest' }),
      byLabel: spec({ environment: 'azureml:ce@latest' }),
      parallel: spec({ type: 'parallel', task: { type: 'run_function', environment: 'azureml:ce:1' } }),
      sweep: spec({ type: 'sweep', trial: 'azureml:command:1', search_space: {}, objective: { goal: 'maximize' } }),
      pipeline: spec({ type: 'pipeline', jobs: {} }),
    })) {
      const made = await arm.made(path(`components/${name}/versions/1`), body)
      const latest = await arm.get(path(`components/${name}/versions/azureml_default`))
      assert.equal(latest.json.name, '1', latest.text)
      assert.equal((await arm.get(path('components/none-such/versions/azureml_default'))).status, 404)
      // Clients read the name and the version there.
      assert.deepEqual(made.properties.componentSpec, { ...body.properties.componentSpec, name, version: '1' })
      assert.equal((await arm.put(path(`components/${name}/versions/1`), body)).status, 200)
      const archived = { properties: { ...made.properties, isArchived: true } }
      assert.equal((await arm.put(path(`components/${name}/versions/1`), archived)).status, 200)
    }
  })

  for (const [at, { name, body, says }] of [
    { name: 'no environment', body: spec({}), says: /environment/ },
    { name: 'an environment that is not there', body: spec({ environment: 'azureml:none:1' }), says: /none:1/ },
    {
      name: 'code that is not there',
      body: spec({
        environment: 'azureml://registries/azureml/environments/sklearn-1.5/labels/latest',
        code: 'azureml:none:1',
      }),
      says: /none:1/,
    },
    { name: 'an unknown kind', body: spec({ type: 'dance' }), says: /dance/ },
    { name: 'Spark', body: spec({ type: 'spark' }), says: /no Spark/ },
    {
      name: 'an input of no type',
      body: spec({ environment: 'azureml:ce:1', inputs: { x: { type: 'thing' } } }),
      says: /thing/,
    },
    { name: 'a pipeline without jobs', body: spec({ type: 'pipeline' }), says: /jobs/ },
  ].entries()) {
    test(`are refused: ${name}`, async () => {
      assert.match((await arm.refusal(path(`components/bad${at}/versions/1`), body)).message, says)
      assert.equal((await arm.get(path(`components/bad${at}`))).status, 404)
    })
  }
})

import type { TestServer } from '../support/server.ts'

/** A resource of a type that a client could make: what the suite puts, reads, lists and deletes. */
export interface Example {
  /** The id of the collection: two names are made below it. */
  readonly collection: string
  readonly names: readonly [string, string]
  readonly body: object
  readonly apiVersion: string
  /** A name that the type's rule refuses; left out where every name is one. */
  readonly badName?: string
  /** The status of a PUT over what is there, where it is not 200. */
  readonly updated?: number
  /** True where `spec/` has no facts of the type: its answers are held against none. */
  readonly noFacts?: true
  /** The query of a delete. */
  readonly deleteQuery?: string
}

export interface Places {
  readonly subscription: string
  readonly tenant: string
  /** A group of the suite's own. */
  readonly group: string
  readonly workspace: string
  readonly account: string
  /** The bootstrap application's object id, and one that may do nothing. */
  readonly other: string
  /** A user-assigned identity. */
  readonly identity: string
}

const BLOB = 'azureml://datastores/workspaceblobstore/paths/'

const AUDIT_NETWORK = '/providers/Microsoft.Authorization/policyDefinitions/438c38d2-3772-465a-a9cc-7a6666a275ce'

/** One example per declared type that a client can make. A type without one fails the suite: add it here with the type. */
export const examples = ({
  subscription,
  tenant,
  group,
  workspace,
  account,
  other,
  identity,
}: Places): Readonly<Record<string, Example>> => {
  const ml = (type: string, names: readonly [string, string], properties: object): Example => ({
    collection: `${workspace}/${type}`,
    names,
    body: { properties },
    apiVersion: '2023-10-01',
    badName: '-bad-',
  })
  const inGroup = (type: string, apiVersion: string, names: readonly [string, string], body: object = {}): Example => ({
    collection: `${group}/providers/${type}`,
    names,
    body: { location: 'eastus', ...body },
    apiVersion,
    badName: 'x'.repeat(300),
  })
  return {
    'Microsoft.Resources/resourceGroups': {
      collection: `${subscription}/resourceGroups`,
      names: ['conform-a', 'conform-b'],
      body: { location: 'eastus', tags: { a: 'b' } },
      apiVersion: '2021-04-01',
      badName: 'ends-with.',
    },
    'Microsoft.Authorization/roleAssignments': {
      collection: `${group}/providers/Microsoft.Authorization/roleAssignments`,
      names: ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'],
      body: {
        properties: {
          roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7`,
          principalId: other,
        },
      },
      apiVersion: '2022-04-01',
      badName: 'no-guid',
    },
    'Microsoft.Authorization/roleDefinitions': {
      collection: `${subscription}/providers/Microsoft.Authorization/roleDefinitions`,
      names: ['33333333-3333-4333-8333-333333333333', '44444444-4444-4444-8444-444444444444'],
      body: {
        properties: {
          roleName: 'Conform',
          permissions: [{ actions: ['Microsoft.Storage/*/read'], notActions: [] }],
          assignableScopes: [subscription],
        },
      },
      apiVersion: '2022-04-01',
      badName: 'no-guid',
      updated: 201,
    },
    'Microsoft.Authorization/policyDefinitions': {
      collection: `${subscription}/providers/Microsoft.Authorization/policyDefinitions`,
      names: ['conform-a', 'conform-b'],
      // biome-ignore lint/suspicious/noThenProperty: so Azure names it
      body: { properties: { policyRule: { if: { field: 'name', equals: 'x' }, then: { effect: 'audit' } } } },
      apiVersion: '2021-06-01',
      noFacts: true,
      badName: 'a'.repeat(300),
      updated: 201,
    },
    'Microsoft.Authorization/policySetDefinitions': {
      collection: `${subscription}/providers/Microsoft.Authorization/policySetDefinitions`,
      names: ['conform-a', 'conform-b'],
      body: { properties: { policyDefinitions: [{ policyDefinitionId: AUDIT_NETWORK }] } },
      apiVersion: '2021-06-01',
      noFacts: true,
      badName: 'a'.repeat(300),
    },
    'Microsoft.Authorization/policyAssignments': {
      collection: `${group}/providers/Microsoft.Authorization/policyAssignments`,
      names: ['conform-a', 'conform-b'],
      body: { properties: { policyDefinitionId: AUDIT_NETWORK, displayName: 'x' } },
      apiVersion: '2021-06-01',
      noFacts: true,
      badName: 'a'.repeat(300),
      updated: 201,
    },
    'Microsoft.Authorization/locks': {
      collection: `${group}/providers/Microsoft.Authorization/locks`,
      names: ['conform-a', 'conform-b'],
      body: { properties: { level: 'CanNotDelete', notes: 'x' } },
      apiVersion: '2016-09-01',
      badName: 'a'.repeat(300),
    },
    'Microsoft.Storage/storageAccounts': inGroup(
      'Microsoft.Storage/storageAccounts',
      '2022-09-01',
      ['conforma', 'conformb'],
      { sku: { name: 'Standard_LRS' }, kind: 'StorageV2' },
    ),
    'Microsoft.Storage/storageAccounts/blobServices/containers': {
      collection: `${account}/blobServices/default/containers`,
      names: ['conform-a', 'conform-b'],
      body: { properties: { metadata: { a: 'b' } } },
      apiVersion: '2022-09-01',
      badName: 'No_Capitals',
    },
    'Microsoft.KeyVault/vaults': {
      ...inGroup('Microsoft.KeyVault/vaults', '2022-07-01', ['conform-kv-a', 'conform-kv-b'], {
        properties: {
          tenantId: tenant,
          sku: { family: 'A', name: 'standard' },
          accessPolicies: [],
          enableSoftDelete: false,
        },
      }),
    },
    'Microsoft.ContainerRegistry/registries': inGroup(
      'Microsoft.ContainerRegistry/registries',
      '2023-07-01',
      ['conforma', 'conformb'],
      { sku: { name: 'Basic' }, properties: { adminUserEnabled: true } },
    ),
    'Microsoft.Insights/components': inGroup(
      'Microsoft.Insights/components',
      '2020-02-02',
      ['conform-a', 'conform-b'],
      {
        kind: 'web',
        properties: { Application_Type: 'web' },
      },
    ),
    'Microsoft.Insights/diagnosticSettings': {
      collection: `${subscription}/providers/Microsoft.Insights/diagnosticSettings`,
      names: ['conform-a', 'conform-b'],
      body: { properties: { storageAccountId: account, logs: [{ category: 'Administrative', enabled: true }] } },
      apiVersion: '2021-05-01-preview',
      noFacts: true,
      badName: 'a|b',
    },
    'Microsoft.OperationalInsights/workspaces': inGroup('Microsoft.OperationalInsights/workspaces', '2021-06-01', [
      'conform-a',
      'conform-b',
    ]),
    'Microsoft.ManagedIdentity/userAssignedIdentities': inGroup(
      'Microsoft.ManagedIdentity/userAssignedIdentities',
      '2018-11-30',
      ['conform-a', 'conform-b'],
    ),
    'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials': {
      collection: `${identity}/federatedIdentityCredentials`,
      names: ['conform-a', 'conform-b'],
      body: {
        properties: { issuer: 'https://issuer.example', subject: 'conform', audiences: ['api://AzureADTokenExchange'] },
      },
      apiVersion: '2024-11-30',
      badName: 'x'.repeat(300),
      noFacts: true,
    },
    'Microsoft.MachineLearningServices/registries': inGroup(
      'Microsoft.MachineLearningServices/registries',
      '2023-10-01',
      ['conform-a', 'conform-b'],
      { properties: { regionDetails: [{ location: 'eastus' }] } },
    ),
    'Microsoft.MachineLearningServices/workspaces/onlineEndpoints': {
      collection: `${workspace}/onlineEndpoints`,
      names: ['conform-a', 'conform-b'],
      body: { location: 'eastus', properties: { authMode: 'Key', properties: { a: 'b' } } },
      apiVersion: '2022-05-01',
      badName: '1-bad',
    },
    'Microsoft.MachineLearningServices/workspaces/batchEndpoints': {
      ...ml('batchEndpoints', ['conform-a', 'conform-b'], {}),
      body: { location: 'eastus', properties: { authMode: 'AADToken' } },
    },
    'Microsoft.MachineLearningServices/workspaces/batchEndpoints/deployments': {
      ...ml('batchEndpoints/conform-parent/deployments', ['conform-a', 'conform-b'], {}),
      body: {
        location: 'eastus',
        properties: {
          codeConfiguration: { codeId: `${workspace}/codes/conform-parent/versions/1`, scoringScript: 'score.py' },
          environmentId: 'azureml://registries/azureml/environments/sklearn-1.5/labels/latest',
          compute: `${workspace}/computes/cpu-cluster`,
        },
      },
    },
    'Microsoft.MachineLearningServices/workspaces/computes': {
      collection: `${workspace}/computes`,
      names: ['conform-a', 'conform-b'],
      body: {
        location: 'eastus',
        properties: {
          computeType: 'AmlCompute',
          properties: { vmSize: 'Standard_DS3_v2', scaleSettings: { minNodeCount: 0, maxNodeCount: 1 } },
        },
      },
      apiVersion: '2022-05-01',
      badName: '1',
      deleteQuery: '&underlyingResourceAction=Delete',
    },
    'Microsoft.MachineLearningServices/workspaces/codes': ml('codes', ['conform-a', 'conform-b'], { description: 'x' }),
    'Microsoft.MachineLearningServices/workspaces/data': ml('data', ['conform-a', 'conform-b'], {
      dataType: 'uri_folder',
    }),
    'Microsoft.MachineLearningServices/workspaces/data/versions': ml('data/conform/versions', ['1', '2'], {
      dataType: 'uri_folder',
      dataUri: `${BLOB}conform/`,
    }),
    'Microsoft.MachineLearningServices/workspaces/environments': ml('environments', ['conform-a', 'conform-b'], {
      description: 'x',
    }),
    'Microsoft.MachineLearningServices/workspaces/environments/versions': ml(
      'environments/conform/versions',
      ['1', '2'],
      { image: 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04' },
    ),
    'Microsoft.MachineLearningServices/workspaces/models': ml('models', ['conform-a', 'conform-b'], {
      description: 'x',
    }),
    'Microsoft.MachineLearningServices/workspaces/models/versions': ml('models/conform/versions', ['1', '2'], {
      modelType: 'custom_model',
      modelUri: `${BLOB}conform/`,
    }),
    'Microsoft.MachineLearningServices/workspaces/connections': {
      ...ml('connections', ['conform-a', 'conform-b'], {
        category: 'GenericRest',
        target: 'https://example.org',
        authType: 'ApiKey',
        credentials: { key: 'k' },
      }),
      apiVersion: '2024-04-01-preview',
    },
    'Microsoft.MachineLearningServices/workspaces/featuresets': ml('featuresets', ['conform-a', 'conform-b'], {
      description: 'x',
    }),
    'Microsoft.MachineLearningServices/workspaces/featurestoreEntities': ml(
      'featurestoreEntities',
      ['conform-a', 'conform-b'],
      { description: 'x' },
    ),
    'Microsoft.MachineLearningServices/workspaces/datastores': ml('datastores', ['conform_a', 'conform_b'], {
      datastoreType: 'AzureBlob',
      accountName: account.slice(account.lastIndexOf('/') + 1),
      containerName: 'conform',
      credentials: { credentialsType: 'None' },
    }),
  }
}

/** Names of types whose names are words of their own. */
export const onlyNames: Readonly<Record<string, string>> = { 'Microsoft.KeyVault/vaults/accessPolicies': 'add' }

/** Types that a client can't make, and those that suites of their own put through more than this one could. */
export const elsewhere: Readonly<Record<string, string>> = {
  'Microsoft.Network/privateEndpoints': 'refused: there are no networks; test/providers/private-links.test.ts',
  'Microsoft.MachineLearningServices/workspaces/privateEndpointConnections':
    'none can come to be: test/providers/private-links.test.ts',
  'Microsoft.Storage/storageAccounts/privateEndpointConnections':
    'none can come to be: test/providers/private-links.test.ts',
  'Microsoft.KeyVault/vaults/privateEndpointConnections': 'none can come to be: test/providers/private-links.test.ts',
  'Microsoft.ContainerRegistry/registries/privateEndpointConnections':
    'none can come to be: test/providers/private-links.test.ts',
  'Microsoft.Resources/deployments': 'each PUT is a run of its own, with its own times: test/deployments.test.ts',
  'Microsoft.Resources/subscriptions': 'made at the first start',
  'Microsoft.Authorization/policyExemptions': 'of an assignment that is there: test/policy.test.ts',
  'Microsoft.Authorization/denyAssignments': 'there is none, and no client makes one',
  'Microsoft.Storage/storageAccounts/blobServices': 'every account has its one',
  'Microsoft.Storage/storageAccounts/fileServices': 'every account has its one',
  'Microsoft.ContainerRegistry/registries/replications': 'every registry has its one',
  'Microsoft.KeyVault/vaults/accessPolicies': 'changes of the vault itself: test/vault/arm.test.ts',
  'Microsoft.KeyVault/vaults/keys': 'never deleted through the resource manager: test/vault/arm.test.ts',
  'Microsoft.KeyVault/vaults/keys/versions': 'made by the data plane: test/vault/arm.test.ts',
  'Microsoft.KeyVault/vaults/secrets': 'never deleted through the resource manager: test/vault/arm.test.ts',
  'Microsoft.Insights/autoscalesettings': 'of a deployment that is there: test/autoscale.test.ts',
  'Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments':
    'needs a model or a script: test/providers/online-deployments.test.ts',
  'Microsoft.MachineLearningServices/workspaces': 'its dependencies: the tests of workspaces',
  'Microsoft.MachineLearningServices/workspaces/codes/versions': 'needs an upload: the tests of assets',
  'Microsoft.MachineLearningServices/workspaces/components': 'refused yet',
  'Microsoft.MachineLearningServices/workspaces/components/versions': 'refused yet',
  'Microsoft.MachineLearningServices/workspaces/jobs': 'runs for real: the tests of jobs',
  ...Object.fromEntries(
    ['codes', 'components', 'data', 'environments', 'models'].flatMap((kind) =>
      [kind, `${kind}/versions`].map((path) => [
        `Microsoft.MachineLearningServices/registries/${path}`,
        'one declaration with those of a workspace: test/providers/registries.test.ts',
      ]),
    ),
  ),
  'Microsoft.MachineLearningServices/workspaces/schedules': 'make jobs for real: test/providers/schedules.test.ts',
  'Microsoft.MachineLearningServices/workspaces/featurestoreEntities/versions':
    'stand in feature stores alone: test/providers/feature-stores.test.ts',
  'Microsoft.MachineLearningServices/workspaces/featuresets/versions':
    'stand in feature stores alone: test/providers/feature-stores.test.ts',
  'Microsoft.MachineLearningServices/workspaces/featuresets/versions/features':
    'read out of their feature set: test/providers/feature-stores.test.ts',
}

export async function makePlaces(server: TestServer): Promise<Places> {
  const subscription = `/subscriptions/${server.facts.subscriptionId}`
  const workspace = `${subscription}/resourceGroups/lazuli/providers/Microsoft.MachineLearningServices/workspaces/default`
  const group = `${subscription}/resourceGroups/conformance`
  const made = await server.ask(`${group}?api-version=2021-04-01`, { method: 'PUT', body: { location: 'eastus' } })
  if (made.status !== 201) throw new Error(made.text)
  const { json } = await server.ask(`${workspace}?api-version=2022-05-01`)
  const container = `${json.properties.storageAccount}/blobServices/default/containers/conform?api-version=2022-09-01`
  await server.ask(container, { method: 'PUT', body: {} })
  const identity = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/conform-parent`
  await server.ask(`${identity}?api-version=2018-11-30`, { method: 'PUT', body: { location: 'eastus' } })
  const code = {
    properties: {
      codeUri: `https://${json.properties.storageAccount.split('/').at(-1)}.blob.core.windows.net/conform/code`,
    },
  }
  for (const [path, body] of [
    ['codes/conform-parent/versions/1', code],
    ['batchEndpoints/conform-parent', { location: 'eastus', properties: { authMode: 'AADToken' } }],
    // Without an example of its own, a type is asked below `conform`.
    ['onlineEndpoints/conform', { location: 'eastus', properties: { authMode: 'Key' } }],
  ] as const) {
    const put = await server.ask(`${workspace}/${path}?api-version=2023-10-01`, { method: 'PUT', body })
    if (put.status >= 300) throw new Error(put.text)
  }
  const tenant = server.facts.tenantId
  return {
    subscription,
    tenant,
    group,
    workspace,
    account: json.properties.storageAccount,
    other: json.identity.principalId,
    identity,
  }
}

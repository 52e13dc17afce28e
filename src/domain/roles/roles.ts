/** A role: what its assignments allow. Patterns compare folded; `*` stands for any text. */
export interface Role {
  /** The definition's name, Azure's own for the built-in ones. */
  readonly id: string
  readonly name: string
  readonly description: string
  readonly actions: readonly string[]
  readonly notActions: readonly string[]
  readonly dataActions: readonly string[]
  readonly notDataActions: readonly string[]
}

const role = (id: string, name: string, description: string, allows: Partial<Role>): Role => ({
  actions: [],
  notActions: [],
  dataActions: [],
  notDataActions: [],
  ...allows,
  id,
  name,
  description,
})

const CONTAINERS = 'Microsoft.Storage/storageAccounts/blobServices/containers'
const DELEGATION = 'Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action'
const WORKSPACES = 'Microsoft.MachineLearningServices/workspaces'

/**
 * Azure's built-in roles that this product's planes ask for, with their own ids.
 *
 * Source: learn.microsoft.com/azure/role-based-access-control/built-in-roles.
 */
export const builtInRoles: readonly Role[] = [
  role(
    '8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
    'Owner',
    'Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.',
    { actions: ['*'] },
  ),
  role(
    'b24988ac-6180-42a0-ab88-20f7382dd24c',
    'Contributor',
    'Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC, manage assignments in Azure Blueprints, or share image galleries.',
    {
      actions: ['*'],
      notActions: [
        'Microsoft.Authorization/*/Delete',
        'Microsoft.Authorization/*/Write',
        'Microsoft.Authorization/elevateAccess/Action',
        'Microsoft.Blueprint/blueprintAssignments/write',
        'Microsoft.Blueprint/blueprintAssignments/delete',
        'Microsoft.Compute/galleries/share/action',
        'Microsoft.Purview/consents/write',
        'Microsoft.Purview/consents/delete',
        'Microsoft.Resources/deploymentStacks/manageDenySetting/action',
      ],
    },
  ),
  role(
    'acdd72a7-3385-48ef-bd42-f606fba81ae7',
    'Reader',
    'View all resources, but does not allow you to make any changes.',
    { actions: ['*/read'] },
  ),
  role(
    '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9',
    'User Access Administrator',
    'Lets you manage user access to Azure resources.',
    { actions: ['*/read', 'Microsoft.Authorization/*', 'Microsoft.Support/*'] },
  ),
  role(
    'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
    'Storage Blob Data Owner',
    'Allows for full access to Azure Storage blob containers and data, including assigning POSIX access control.',
    { actions: [`${CONTAINERS}/*`, DELEGATION], dataActions: [`${CONTAINERS}/blobs/*`] },
  ),
  role(
    'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
    'Storage Blob Data Contributor',
    'Allows for read, write and delete access to Azure Storage blob containers and data.',
    {
      actions: [`${CONTAINERS}/delete`, `${CONTAINERS}/read`, `${CONTAINERS}/write`, DELEGATION],
      dataActions: ['delete', 'read', 'write', 'move/action', 'add/action'].map(
        (verb) => `${CONTAINERS}/blobs/${verb}`,
      ),
    },
  ),
  role(
    '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
    'Storage Blob Data Reader',
    'Allows for read access to Azure Storage blob containers and data.',
    { actions: [`${CONTAINERS}/read`, DELEGATION], dataActions: [`${CONTAINERS}/blobs/read`] },
  ),
  role(
    '00482a5a-887f-4fb3-b363-3b7fe8e74483',
    'Key Vault Administrator',
    'Perform all data plane operations on a key vault and all objects in it, including certificates, keys, and secrets.',
    {
      actions: [
        'Microsoft.Authorization/*/read',
        'Microsoft.Insights/alertRules/*',
        'Microsoft.Resources/deployments/*',
        'Microsoft.Resources/subscriptions/resourceGroups/read',
        'Microsoft.Support/*',
        'Microsoft.KeyVault/checkNameAvailability/read',
        'Microsoft.KeyVault/deletedVaults/read',
        'Microsoft.KeyVault/locations/*/read',
        'Microsoft.KeyVault/vaults/*/read',
        'Microsoft.KeyVault/operations/read',
      ],
      dataActions: ['Microsoft.KeyVault/vaults/*'],
    },
  ),
  role(
    'f6c7c914-8db3-469d-8ca1-694a8f32e121',
    'AzureML Data Scientist',
    'Can perform all actions within an Azure Machine Learning workspace, except for creating or deleting compute resources and modifying the workspace itself.',
    {
      actions: ['read', 'action', 'delete', 'write'].map((verb) => `${WORKSPACES}/*/${verb}`),
      notActions: [
        `${WORKSPACES}/delete`,
        `${WORKSPACES}/write`,
        `${WORKSPACES}/computes/*/write`,
        `${WORKSPACES}/computes/*/delete`,
        `${WORKSPACES}/computes/listKeys/action`,
        `${WORKSPACES}/listKeys/action`,
        `${WORKSPACES}/hubs/write`,
        `${WORKSPACES}/hubs/delete`,
        `${WORKSPACES}/featurestores/write`,
        `${WORKSPACES}/featurestores/delete`,
      ],
    },
  ),
]

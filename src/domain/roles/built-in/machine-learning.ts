import { type Role, role } from '../role.ts'

const ML = 'Microsoft.MachineLearningServices'
const WORKSPACES = `${ML}/workspaces`

/** Roles of Azure Machine Learning. */
export const machineLearningRoles: readonly Role[] = [
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
  role(
    'e503ece1-11d0-4e8e-8e2c-7a6c3bf38815',
    'AzureML Compute Operator',
    'Can access and perform CRUD operations on Machine Learning Services managed compute resources (including Notebook VMs).',
    { actions: [`${WORKSPACES}/computes/*`, `${WORKSPACES}/notebooks/vm/*`] },
  ),
  role(
    '1823dd4f-9b8c-4ab6-ab4e-7397a3684615',
    'AzureML Registry User',
    'Can perform all actions on Machine Learning Services Registry assets as well as get Registry resources.',
    { actions: [`${ML}/registries/read`, `${ML}/registries/assets/*`] },
  ),
  role(
    '635dd51f-9968-44d3-b7fb-6d9a6bd613ae',
    'AzureML Metrics Writer (preview)',
    'Lets you write metrics to AzureML workspace',
    { actions: [`${WORKSPACES}/metrics/*/write`] },
  ),
]

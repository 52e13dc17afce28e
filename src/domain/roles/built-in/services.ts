import { type Role, role } from '../role.ts'

const ACR = 'Microsoft.ContainerRegistry/registries'
const IDENTITIES = 'Microsoft.ManagedIdentity/userAssignedIdentities'

const around = [
  'Microsoft.Authorization/*/read',
  'Microsoft.Insights/alertRules/*',
  'Microsoft.Resources/deployments/*',
  'Microsoft.Resources/subscriptions/resourceGroups/read',
  'Microsoft.Support/*',
]
const all = (namespace: string, types: readonly string[]): readonly string[] =>
  types.map((type) => `${namespace}/${type}/*`)

/** Roles of container registries, managed identities and monitoring. */
export const serviceRoles: readonly Role[] = [
  role('7f951dda-4ed3-4680-a7ca-43fe172d538d', 'AcrPull', 'acr pull', { actions: [`${ACR}/pull/read`] }),
  role('8311e382-0749-4cb8-b61a-304f252e45ec', 'AcrPush', 'acr push', {
    actions: [`${ACR}/pull/read`, `${ACR}/push/write`],
  }),
  role('c2f4ef07-c644-48eb-af81-4b1b4947fb11', 'AcrDelete', 'acr delete', { actions: [`${ACR}/artifacts/delete`] }),
  role('f1a07417-d97a-45cb-824c-7a7467783830', 'Managed Identity Operator', 'Read and Assign User Assigned Identity', {
    actions: [`${IDENTITIES}/*/read`, `${IDENTITIES}/*/assign/action`, ...around],
  }),
  role(
    'e40ec5ca-96e0-45a2-b4ff-59039f2c2b59',
    'Managed Identity Contributor',
    'Create, Read, Update, and Delete User Assigned Identity',
    { actions: [`${IDENTITIES}/read`, `${IDENTITIES}/write`, `${IDENTITIES}/delete`, ...around] },
  ),
  role('43d0d8ad-25c7-4714-9337-8ba259a9fe05', 'Monitoring Reader', 'Can read all monitoring data.', {
    actions: ['*/read', 'Microsoft.OperationalInsights/workspaces/search/action', 'Microsoft.Support/*'],
  }),
  role(
    '749f88d5-cbae-40b8-bcfc-e573ddc772fa',
    'Monitoring Contributor',
    'Can read all monitoring data and update monitoring settings.',
    {
      actions: [
        '*/read',
        ...all('Microsoft.AlertsManagement', ['alerts', 'alertsSummary', 'smartDetectorAlertRules', 'actionRules']),
        ...all('Microsoft.AlertsManagement', ['smartGroups', 'investigations', 'prometheusRuleGroups']),
        ...all('Microsoft.Insights', ['actiongroups', 'activityLogAlerts', 'AlertRules', 'components']),
        ...all('Microsoft.Insights', ['createNotifications', 'dataCollectionEndpoints', 'dataCollectionRules']),
        ...all('Microsoft.Insights', ['dataCollectionRuleAssociations', 'DiagnosticSettings', 'eventtypes']),
        ...all('Microsoft.Insights', ['LogDefinitions', 'metricalerts', 'MetricDefinitions', 'Metrics']),
        ...all('Microsoft.Insights', ['notificationStatus', 'scheduledqueryrules', 'webtests', 'workbooks']),
        ...all('Microsoft.Insights', ['workbooktemplates', 'privateLinkScopes', 'privateLinkScopeOperationStatuses']),
        'Microsoft.Insights/Register/Action',
        'Microsoft.Monitor/accounts/*',
        'Microsoft.OperationalInsights/workspaces/write',
        ...all('Microsoft.OperationalInsights/workspaces', ['intelligencepacks', 'savedSearches']),
        'Microsoft.OperationalInsights/workspaces/search/action',
        'Microsoft.OperationalInsights/workspaces/sharedKeys/action',
        'Microsoft.OperationalInsights/workspaces/storageinsightconfigs/*',
        'Microsoft.Support/*',
        'Microsoft.WorkloadMonitor/monitors/*',
      ],
    },
  ),
]

import type { JsonObject } from '../../json.ts'

/** A built-in definition: Azure's id and what it does; only those whose effects are evaluated here. */
export interface BuiltInPolicy {
  readonly name: string
  readonly properties: JsonObject
}

const text = (displayName: string): JsonObject => ({ type: 'String', metadata: { displayName } })
const list = (displayName: string, strongType: string): JsonObject => ({
  type: 'Array',
  metadata: { displayName, strongType },
})
const TAG = "[concat('tags[', parameters('tagName'), ']')]"
const tagParameters = { tagName: text('Tag Name'), tagValue: text('Tag Value') }
const tagged = (operation: string, value: string) => ({
  effect: 'modify',
  details: {
    roleDefinitionIds: ['/providers/microsoft.authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c'],
    operations: [{ operation, field: TAG, value }],
  },
})
/** The two parts of a rule; a literal with `then` would look like a promise. */
const rule = (condition: JsonObject, outcome: JsonObject): JsonObject =>
  Object.fromEntries([
    ['if', condition],
    ['then', outcome],
  ])
const VALUE = "[parameters('tagValue')]"
const GROUP_TAG = "[resourceGroup().tags[parameters('tagName')]]"
const groupHasTag = { value: GROUP_TAG, notEquals: '' }

interface Declared {
  readonly id: string
  readonly displayName: string
  readonly category: string
  readonly mode: 'All' | 'Indexed'
  readonly parameters: JsonObject
  readonly policyRule: JsonObject
}

/** From Azure's public list of built-in policies. */
const declared: readonly Declared[] = [
  {
    id: 'e56962a6-4747-49cd-b67b-bf8b01975c4c',
    displayName: 'Allowed locations',
    category: 'General',
    mode: 'Indexed',
    parameters: { listOfAllowedLocations: list('Allowed locations', 'location') },
    policyRule: rule(
      {
        allOf: [
          { field: 'location', notIn: "[parameters('listOfAllowedLocations')]" },
          { field: 'location', notEquals: 'global' },
        ],
      },
      { effect: 'deny' },
    ),
  },
  {
    id: 'e765b5de-1225-4ba3-bd56-1ac6695af988',
    displayName: 'Allowed locations for resource groups',
    category: 'General',
    mode: 'All',
    parameters: { listOfAllowedLocations: list('Allowed locations', 'location') },
    policyRule: rule(
      {
        allOf: [
          { field: 'type', equals: 'Microsoft.Resources/subscriptions/resourceGroups' },
          { field: 'location', notIn: "[parameters('listOfAllowedLocations')]" },
        ],
      },
      { effect: 'deny' },
    ),
  },
  {
    id: 'a08ec900-254a-4555-9bf5-e42af04b5c5c',
    displayName: 'Allowed resource types',
    category: 'General',
    mode: 'Indexed',
    parameters: { listOfResourceTypesAllowed: list('Allowed resource types', 'resourceTypes') },
    policyRule: rule({ not: { field: 'type', in: "[parameters('listOfResourceTypesAllowed')]" } }, { effect: 'deny' }),
  },
  {
    id: '6c112d4e-5bc7-47ae-a041-ea2d9dccd749',
    displayName: 'Not allowed resource types',
    category: 'General',
    mode: 'All',
    parameters: {
      listOfResourceTypesNotAllowed: list('Not allowed resource types', 'resourceTypes'),
      effect: { type: 'String', allowedValues: ['Audit', 'Deny', 'Disabled'], defaultValue: 'Deny' },
    },
    policyRule: rule(
      {
        allOf: [
          { field: 'type', in: "[parameters('listOfResourceTypesNotAllowed')]" },
          { value: "[field('type')]", exists: true },
        ],
      },
      { effect: "[parameters('effect')]" },
    ),
  },
  {
    id: '871b6d14-10aa-478d-b590-94f262ecfa99',
    displayName: 'Require a tag on resources',
    category: 'Tags',
    mode: 'Indexed',
    parameters: { tagName: text('Tag Name') },
    policyRule: rule({ field: TAG, exists: 'false' }, { effect: 'deny' }),
  },
  {
    id: '1e30110a-5ceb-460c-a204-c1c3969c6d62',
    displayName: 'Require a tag and its value on resources',
    category: 'Tags',
    mode: 'Indexed',
    parameters: tagParameters,
    policyRule: rule({ not: { field: TAG, equals: VALUE } }, { effect: 'deny' }),
  },
  {
    id: '96670d01-0a4d-4649-9c89-2d3abc0a5025',
    displayName: 'Require a tag on resource groups',
    category: 'Tags',
    mode: 'All',
    parameters: { tagName: text('Tag Name') },
    policyRule: rule(
      {
        allOf: [
          { field: 'type', equals: 'Microsoft.Resources/subscriptions/resourceGroups' },
          { field: TAG, exists: 'false' },
        ],
      },
      { effect: 'deny' },
    ),
  },
  {
    id: '2a0e14a6-b0a6-4fab-991a-187a4f81c498',
    displayName: 'Append a tag and its value to resources',
    category: 'Tags',
    mode: 'Indexed',
    parameters: tagParameters,
    policyRule: rule({ field: TAG, exists: 'false' }, { effect: 'append', details: [{ field: TAG, value: VALUE }] }),
  },
  {
    id: '4f9dc7db-30c1-420c-b61a-e1d640128d26',
    displayName: 'Add a tag to resources',
    category: 'Tags',
    mode: 'Indexed',
    parameters: tagParameters,
    policyRule: rule({ field: TAG, exists: 'false' }, tagged('add', VALUE)),
  },
  {
    id: '5ffd78d9-436d-4b41-a421-5baa819e3008',
    displayName: 'Add or replace a tag on resources',
    category: 'Tags',
    mode: 'Indexed',
    parameters: tagParameters,
    policyRule: rule({ field: TAG, notEquals: VALUE }, tagged('addOrReplace', VALUE)),
  },
  {
    id: 'ea3f2387-9b95-492a-a190-fcdc54f7b070',
    displayName: 'Inherit a tag from the resource group if missing',
    category: 'Tags',
    mode: 'Indexed',
    parameters: { tagName: text('Tag Name') },
    policyRule: rule({ allOf: [{ field: TAG, exists: 'false' }, groupHasTag] }, tagged('add', GROUP_TAG)),
  },
  {
    id: 'cd3aa116-8754-49c9-a813-ad46512ece54',
    displayName: 'Inherit a tag from the resource group',
    category: 'Tags',
    mode: 'Indexed',
    parameters: { tagName: text('Tag Name') },
    policyRule: rule({ allOf: [{ field: TAG, notEquals: GROUP_TAG }, groupHasTag] }, tagged('addOrReplace', GROUP_TAG)),
  },
  {
    id: '438c38d2-3772-465a-a9cc-7a6666a275ce',
    displayName: 'Azure Machine Learning Workspaces should disable public network access',
    category: 'Machine Learning',
    mode: 'Indexed',
    parameters: { effect: { type: 'String', allowedValues: ['Audit', 'Deny', 'Disabled'], defaultValue: 'Audit' } },
    policyRule: rule(
      {
        allOf: [
          { field: 'type', equals: 'Microsoft.MachineLearningServices/workspaces' },
          { field: 'Microsoft.MachineLearningServices/workspaces/publicNetworkAccess', notEquals: 'Disabled' },
        ],
      },
      { effect: "[parameters('effect')]" },
    ),
  },
]

export const builtInPolicies: readonly BuiltInPolicy[] = declared.map(
  ({ id, displayName, category, mode, parameters, policyRule }) => ({
    name: id,
    properties: { displayName, policyType: 'BuiltIn', mode, metadata: { category }, parameters, policyRule },
  }),
)

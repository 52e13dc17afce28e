import type { JsonObject } from '../json.ts'
import type { ProviderOperation, ScopeOperation } from './define-resource.ts'
import type { RegisteredProvider, RegisteredType } from './registry.ts'

/** Every right that a provider's verbs, actions, operations and data planes ask for, each once. */
export function operationsOf(provider: RegisteredProvider): readonly ProviderOperation[] {
  const scoped = (provider.operations ?? []).flatMap(({ right }) =>
    right === undefined ? [] : [rightAs(provider, `${provider.namespace}/${right}`, false)],
  )
  const data = (provider.dataActions ?? []).map((action) => rightAs(provider, `${provider.namespace}/${action}`, true))
  const all = [...provider.types.flatMap((type) => ofType(provider, type)), ...scoped, ...data]
  return [...new Map(all.map((one) => [one.name.toLowerCase(), one])).values()].sort((a, b) =>
    a.name.localeCompare(b.name),
  )
}

function ofType(provider: RegisteredProvider, { declaration, right }: RegisteredType): readonly ProviderOperation[] {
  const { verbs = ['put', 'delete'], actions = {} } = declaration
  const names = [
    'read',
    ...(verbs.includes('put') ? ['write'] : []),
    ...(verbs.includes('delete') ? ['delete'] : []),
    ...Object.entries(actions).map(([name, { method }]) => `${name}/${method === 'GET' ? 'read' : 'action'}`),
  ]
  return names.map((name) => rightAs(provider, `${right}/${name}`, false))
}

function rightAs({ namespace }: RegisteredProvider, name: string, isDataAction: boolean): ProviderOperation {
  const parts = name.slice(namespace.length + 1).split('/')
  const isAction = parts.at(-1) === 'action'
  return {
    name,
    isDataAction,
    resource: parts.slice(0, isAction ? -2 : -1).join('/'),
    verb: (isAction ? parts.at(-2) : parts.at(-1)) ?? '',
  }
}

const VERBS: Readonly<Record<string, string>> = { read: 'Read', write: 'Create or update', delete: 'Delete' }

const titleOf = ({ verb, resource }: ProviderOperation): string => `${VERBS[verb] ?? verb} ${resource}`.trim()

/** An operation as `GET /providers/{namespace}/operations` shows it. */
export const presentOperation = (namespace: string, operation: ProviderOperation): JsonObject => ({
  name: operation.name,
  isDataAction: operation.isDataAction,
  display: {
    provider: namespace,
    resource: operation.resource,
    operation: titleOf(operation),
    description: titleOf(operation),
  },
})

/** What every provider answers at `GET /providers/{namespace}/operations`. */
export const operationsListing = (namespace: string): ScopeOperation => ({
  method: 'GET',
  path: 'operations',
  scope: 'tenant',
  answer: async (_deps, { arm }) => ({
    body: { value: (arm.operationsOf(namespace) ?? []).map((one) => presentOperation(namespace, one)) },
  }),
})

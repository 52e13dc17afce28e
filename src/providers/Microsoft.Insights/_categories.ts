import type { ScopeOperation } from '../../arm/define-resource.ts'
import { categoriesOf } from '../../domain/diagnostics/categories.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'

const present = (scope: string, name: string): JsonObject => ({
  id: `${scope}/providers/Microsoft.Insights/diagnosticSettingsCategories/${name}`,
  name,
  type: 'Microsoft.Insights/diagnosticSettingsCategories',
  properties: { categoryType: 'Logs', categoryGroups: ['allLogs'] },
})

/** The log categories that diagnostic settings of a scope may name. */
export const diagnosticCategories: readonly ScopeOperation[] = [
  {
    method: 'GET',
    path: 'diagnosticSettingsCategories',
    scope: 'any',
    right: 'diagnosticSettingsCategories/read',
    answer: async (_deps, { scope }) => ({
      body: { value: categoriesOf(scope).map((name) => present(scope.text, name)) },
    }),
  },
  {
    method: 'GET',
    path: 'diagnosticSettingsCategories/{name}',
    scope: 'any',
    right: 'diagnosticSettingsCategories/read',
    async answer(_deps, { scope, params }) {
      const name = categoriesOf(scope).find((one) => one.toLowerCase() === params.name?.toLowerCase())
      if (name === undefined) throw fault('DiagnosticCategoryUnknown', { category: params.name ?? '' })
      return { body: present(scope.text, name) }
    },
  },
]

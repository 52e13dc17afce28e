import { defineProvider, type ScopeRequest } from '../../arm/define-resource.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'

/** What policies find of the resources that there are. Nothing of it is kept: it is evaluated when it is asked. */
export default defineProvider({
  namespace: 'Microsoft.PolicyInsights',
  alwaysRegistered: true,
  knownVersions: ['2018-04-04', '2018-07-01-preview', '2019-10-01', '2024-10-01'],
  operations: [
    {
      method: 'POST',
      path: 'policyStates/latest/queryResults',
      scope: 'any',
      right: 'policyStates/queryResults/read',
      async answer(_deps, request) {
        const value = await statesOf(request)
        return { body: { '@odata.nextLink': null, '@odata.count': value.length, value: [...value] } }
      },
    },
    {
      method: 'POST',
      path: 'policyStates/latest/summarize',
      scope: 'any',
      right: 'policyStates/summarize/read',
      answer: async (_deps, request) => ({ body: { value: [summaryOf(await statesOf(request))] } }),
    },
  ],
})

const CLAUSE = /^(\w+) (eq|ne) (?:'((?:[^']|'')*)'|(true|false))$/i

/** @throws InvalidFilter */
async function statesOf({ arm, scope, context }: ScopeRequest): Promise<readonly JsonObject[]> {
  const filter = context.query.get('$filter')?.trim() ?? ''
  const tests = filter === '' ? [] : filter.split(/\s+and\s+/i).map((clause) => testOf(filter, clause.trim()))
  const top = Number(context.query.get('$top') ?? Number.NaN)
  const found = (await arm.policies.verdicts(scope)).filter((state) => tests.every((test) => test(state)))
  return Number.isInteger(top) && top >= 0 ? found.slice(0, top) : found
}

function testOf(filter: string, clause: string): (state: JsonObject) => boolean {
  const [, name, operator, text, flag] = CLAUSE.exec(clause) ?? []
  if (name === undefined) throw fault('InvalidFilter', { filter })
  const says = (text ?? flag ?? '').replaceAll("''", "'").toLowerCase()
  return (state) => {
    const key = Object.keys(state).find((one) => one.toLowerCase() === name.toLowerCase())
    if (key === undefined) throw fault('InvalidFilter', { filter })
    return (String(state[key]).toLowerCase() === says) === (operator?.toLowerCase() === 'eq')
  }
}

function summaryOf(states: readonly JsonObject[]): JsonObject {
  const broken = (some: readonly JsonObject[]) => some.filter(({ isCompliant }) => isCompliant === false)
  const results = (some: readonly JsonObject[]): JsonObject => ({
    nonCompliantResources: new Set(broken(some).map(({ resourceId }) => resourceId)).size,
    nonCompliantPolicies: new Set(broken(some).map(({ policyDefinitionId }) => policyDefinitionId)).size,
  })
  const assignments = Map.groupBy(states, ({ policyAssignmentId }) => String(policyAssignmentId))
  return {
    '@odata.id': null,
    '@odata.context': null,
    results: results(states),
    policyAssignments: [...assignments].map(([policyAssignmentId, some]) => ({
      policyAssignmentId,
      policySetDefinitionId: some[0]?.policySetDefinitionId ?? '',
      results: results(some),
      policyDefinitions: [...Map.groupBy(some, ({ policyDefinitionId }) => String(policyDefinitionId))].map(
        ([policyDefinitionId, own]) => ({
          policyDefinitionId,
          policyDefinitionReferenceId: own[0]?.policyDefinitionReferenceId ?? '',
          effect: own[0]?.policyDefinitionAction ?? '',
          results: results(own),
        }),
      ),
    })),
  }
}

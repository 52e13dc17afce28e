import type { ScopeOperation, ScopeRequest } from '../../arm/define-resource.ts'
import type { Deps } from '../../domain/deps.ts'
import { answerMetrics } from '../../domain/monitor/answer-metrics.ts'
import { metricsOf } from '../../domain/monitor/definitions.ts'
import { readMetricQuery } from '../../domain/monitor/query-metrics.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'

const at = (
  path: string,
  answer: (deps: Deps, resource: StoredResource, request: ScopeRequest) => Promise<JsonObject>,
) =>
  ({
    method: 'GET',
    path,
    scope: 'any',
    right: `${path}/read`,
    async answer(deps, request) {
      if (!request.resource) throw fault('MetricQueryInvalid', { reason: 'metrics are those of a resource' })
      return { body: await answer(deps, request.resource, request) }
    },
  }) satisfies ScopeOperation

/** What is measured of a resource: which metrics there are, and their values. */
export const metrics: readonly ScopeOperation[] = [
  at('metricDefinitions', async (_deps, { id, type }) => ({
    value: metricsOf(type).map(({ name, description, category, unit, primary, aggregations, dimensions }) => ({
      id: `${id}/providers/microsoft.insights/metricdefinitions/${name}`,
      resourceId: id,
      namespace: type,
      name: { value: name, localizedValue: name },
      displayDescription: description,
      category,
      isDimensionRequired: false,
      unit,
      primaryAggregationType: primary,
      supportedAggregationTypes: [...aggregations],
      ...(dimensions.length > 0 && {
        dimensions: dimensions.map((value) => ({ value, localizedValue: value })),
      }),
      metricAvailabilities: ['PT1M', 'PT5M', 'PT15M', 'PT30M', 'PT1H', 'PT6H', 'PT12H', 'P1D'].map((timeGrain) => ({
        timeGrain,
        retention: 'P93D',
      })),
    })),
  })),
  at('metricNamespaces', async (_deps, { id, type }) => ({
    value:
      metricsOf(type).length === 0
        ? []
        : [
            {
              id: `${id}/providers/microsoft.insights/metricNamespaces/${type}`,
              type: 'Microsoft.Insights/metricNamespaces',
              name: type,
              classification: 'Platform',
              properties: { metricNamespaceName: type },
            },
          ],
  })),
  at('metrics', async ({ store, now }, resource, { context }) => {
    if (metricsOf(resource.type).length === 0) {
      throw fault('MetricUnknown', {
        type: resource.type,
        metric: context.query.get('metricnames') ?? '',
        valid: '',
      })
    }
    return answerMetrics(store, resource, readMetricQuery(context.query, resource.type, now()))
  }),
]

import type { Dimension } from './dimensions.ts'

/** What is measured, by resource type. */

export type Aggregation = 'Average' | 'Minimum' | 'Maximum' | 'Total' | 'Count'

export type Unit = 'Count' | 'Percent' | 'Milliseconds' | 'BytesPerSecond'

export interface MetricDefinition {
  readonly name: string
  readonly description: string
  readonly category: string
  readonly unit: Unit
  readonly primary: Aggregation
  readonly aggregations: readonly Aggregation[]
  readonly dimensions: readonly Dimension[]
  /** Kept minute by minute, or counted from what runs went through. */
  readonly from: 'samples' | 'runs'
}

const sampled = (name: string, description: string, unit: Unit = 'Count', category = 'Quota'): MetricDefinition => ({
  name,
  description,
  category,
  unit,
  primary: 'Average',
  aggregations: ['Average', 'Minimum', 'Maximum', 'Total', 'Count'],
  dimensions: [],
  from: 'samples',
})
const counted = (name: string, description: string): MetricDefinition => ({
  name,
  description,
  category: 'Run',
  unit: 'Count',
  primary: 'Total',
  aggregations: ['Total', 'Average', 'Minimum', 'Maximum', 'Count'],
  dimensions: [],
  from: 'runs',
})

const WORKSPACE: readonly MetricDefinition[] = [
  sampled('Active Nodes', 'Number of active nodes. These are the nodes which are actively running a job.'),
  sampled('Idle Nodes', 'Number of idle nodes. Idle nodes are the nodes which are not running any jobs.'),
  sampled('Total Nodes', 'Number of total nodes. This total includes active and idle nodes.'),
  sampled('Active Cores', 'Number of active cores'),
  sampled('Idle Cores', 'Number of idle cores'),
  sampled('Total Cores', 'Number of total cores'),
  sampled('Quota Utilization Percentage', 'Percent of quota utilized', 'Percent'),
  counted('Not Started Runs', 'Number of runs in Not Started state for this workspace.'),
  counted('Queued Runs', 'Number of runs that are queued for this workspace.'),
  counted('Preparing Runs', 'Number of runs that are preparing for this workspace.'),
  counted('Starting Runs', 'Number of runs started for this workspace.'),
  counted('Started Runs', 'Number of runs running for this workspace.'),
  counted('Finalizing Runs', 'Number of runs entered finalizing state for this workspace.'),
  counted('Cancel Requested Runs', 'Number of runs where cancel was requested for this workspace.'),
  counted('Completed Runs', 'Number of runs completed successfully for this workspace.'),
  counted('Failed Runs', 'Number of runs failed for this workspace.'),
  counted('Cancelled Runs', 'Number of runs cancelled for this workspace.'),
]

const traffic: readonly MetricDefinition[] = [
  sampled('RequestsPerMinute', 'The number of requests per minute.', 'Count', 'Traffic'),
  sampled('RequestLatency', 'The average time that a request takes, in milliseconds.', 'Milliseconds', 'Traffic'),
  ...[50, 90, 95, 99].map((share) =>
    sampled(
      `RequestLatency_P${share}`,
      `The ${share}th percentile of the times that requests take, in milliseconds.`,
      'Milliseconds',
      'Traffic',
    ),
  ),
  sampled('NetworkBytes', 'The bytes per second that are answered.', 'BytesPerSecond', 'Traffic'),
]

/** Requests are told apart by the status that callers saw, and of an endpoint everything by the deployment that was asked. */
const STATUS: readonly Dimension[] = ['statusCode', 'statusCodeClass']
const byStatus = (metric: MetricDefinition): MetricDefinition =>
  metric.name === 'RequestsPerMinute' ? { ...metric, dimensions: [...metric.dimensions, ...STATUS] } : metric
const ENDPOINT = traffic.map((metric) => byStatus({ ...metric, dimensions: ['deployment'] }))

const RESOURCES = 'Resource'
const DEPLOYMENT: readonly MetricDefinition[] = [
  sampled('CpuUtilizationPercentage', 'Percentage of CPU used of what its instances have.', 'Percent', RESOURCES),
  sampled(
    'CpuMemoryUtilizationPercentage',
    'Percentage of memory used of what its instances have.',
    'Percent',
    RESOURCES,
  ),
  sampled('DeploymentCapacity', 'The number of instances that answer.', 'Count', RESOURCES),
  ...traffic.map(byStatus),
]

const definitions: Readonly<Record<string, readonly MetricDefinition[]>> = {
  'microsoft.machinelearningservices/workspaces': WORKSPACE,
  'microsoft.machinelearningservices/workspaces/onlineendpoints': ENDPOINT,
  'microsoft.machinelearningservices/workspaces/onlineendpoints/deployments': DEPLOYMENT,
}

/** The metrics of a resource type; none for what is not measured here. */
export const metricsOf = (type: string): readonly MetricDefinition[] => definitions[type.toLowerCase()] ?? []

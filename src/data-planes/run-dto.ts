import { type JsonObject, objectAt } from '../json.ts'
import type { Experiment, Run } from '../store/runs.ts'
import { finalStatuses } from '../store/runs.ts'

/** An experiment as run history shows it. */
export const presentExperiment = (experiment: Experiment): JsonObject => ({
  experimentId: experiment.id,
  name: experiment.name,
  description: experiment.description ?? null,
  createdUtc: experiment.createdAt,
  tags: experiment.tags,
  archivedTime: experiment.deletedAt ?? null,
  retainForLifetimeOfWorkspace: false,
  artifactLocation: null,
})

/** What a run's dto and its details have in common. */
const common = (run: Run, tenantId: string): JsonObject => ({
  runId: run.id,
  runUuid: run.id,
  parentRunId: run.parentId ?? null,
  parentRunUuid: run.parentId ?? null,
  rootRunId: run.rootId,
  rootRunUuid: run.rootId,
  runNumber: run.number,
  status: run.status,
  startTimeUtc: run.startedAt ?? null,
  endTimeUtc: run.endedAt ?? null,
  error: presentError(run),
  warnings: run.warnings.map(({ message, source }) => ({ message, source: source ?? null })),
  tags: run.tags,
  properties: run.properties,
  parameters: run.params,
  services: objectAt(run.reported?.services),
  inputDatasets: run.reported?.inputDatasets ?? [],
  outputDatasets: run.reported?.outputDatasets ?? [],
  target: run.computeId?.slice(run.computeId.lastIndexOf('/') + 1) ?? null,
  runTypeV2: { orchestrator: orchestrator(run), traits: [], attribution: null, computeType: null },
  createdBy: {
    userObjectId: run.createdBy.objectId,
    userTenantId: tenantId,
    userName: run.createdBy.name,
  },
  userId: run.createdBy.objectId,
  duration: duration(run),
  computeDuration: duration(run),
  lastStartTimeUtc: run.startedAt ?? null,
  outputs: { ...objectAt(run.reported?.outputs), ...presentOutputs(run) },
  inputs: objectAt(run.reported?.inputs),
})

/** A run as run history lists it. */
export const presentRun = (run: Run, tenantId: string): JsonObject => ({
  ...common(run, tenantId),
  ...shown(run.reported),
  createdUtc: run.createdAt,
  experimentId: run.experimentId,
  displayName: run.displayName,
  name: run.displayName,
  description: run.description ?? null,
  hidden: run.hidden,
  dataContainerId: `dcid.${run.id}`,
  runType: run.job ? `azureml.${run.kind === 'command' ? 'scriptrun' : run.kind}` : (run.reported?.runType ?? null),
})

/** What clients have reported that has no other place in a run's dto. */
function shown(reported: JsonObject = {}): JsonObject {
  const {
    services,
    inputDatasets,
    outputDatasets,
    outputs,
    inputs,
    runDefinition,
    jobSpecification,
    instances,
    ...rest
  } = reported
  return rest
}

/** A run's details: what a client polls that streams a job. */
export const presentDetails = (run: Run, tenantId: string, logFiles: Record<string, string>): JsonObject => ({
  ...common(run, tenantId),
  createdTimeUtc: run.createdAt,
  runDefinition: run.job ?? run.reported?.runDefinition ?? null,
  logFiles,
  submittedBy: run.createdBy.name,
})

/** A state that a run went through, with its end. */
export const presentSpans = (run: Run): JsonObject[] =>
  run.spans.map(({ status, at }, index) => ({
    context: { traceId: run.id, spanId: String(index), isRemote: false, isValid: true, tracestate: [] },
    name: status,
    status,
    parentSpanId: null,
    attributes: [],
    events: [],
    links: [],
    startTimestamp: at,
    endTimestamp: run.spans[index + 1]?.at ?? (finalStatuses.has(status) ? at : null),
  }))

const presentError = (run: Run): JsonObject | null =>
  run.error
    ? {
        error: {
          code: run.error.code,
          message: run.error.message,
          details: [],
          innerError: null,
          ...(run.error.details && { additionalInfo: [{ type: 'Execution', info: run.error.details }] }),
        },
        correlation: null,
        environment: null,
        location: null,
        time: run.endedAt ?? null,
        componentName: 'execution',
      }
    : null

const modelTypes: Readonly<Record<string, string>> = {
  custom_model: 'CustomModel',
  mlflow_model: 'MLFlowModel',
  triton_model: 'TritonModel',
}

/** Named outputs that have become assets; clients tell them apart by these very words. */
const presentOutputs = (run: Run): JsonObject =>
  Object.fromEntries(
    Object.entries(run.outputs).flatMap(([name, { assetId, type }]) =>
      assetId === undefined ? [] : [[name, { assetId, type: modelTypes[type] ?? type }]],
    ),
  )

const orchestrator = (run: Run): string => {
  if (!run.job) return 'Interactive'
  return run.kind === 'command' ? 'Execution' : run.kind
}

/** A time span as .NET writes it: `00:01:02.5000000`. */
function duration({ startedAt, endedAt }: Run): string | null {
  if (startedAt === undefined || endedAt === undefined) return null
  const ms = Math.max(0, Date.parse(endedAt) - Date.parse(startedAt))
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  const seconds = ms / 1000
  return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}.${String((ms % 1000) * 10000).padStart(7, '0')}`
}

import { type Static, Type } from 'typebox'
import type { RunReport } from '../../domain/runs/record-run.ts'
import type { JsonObject } from '../../json.ts'
import { MaybeText, Texts, textsOf } from './schemas.ts'

/** What a client reports of a run: `CreateRun` of run history, as far as it is kept here. */
export const RunRecord = Type.Object({
  runId: Type.Optional(MaybeText),
  parentRunId: Type.Optional(MaybeText),
  experimentId: Type.Optional(MaybeText),
  status: Type.Optional(MaybeText),
  startTimeUtc: Type.Optional(MaybeText),
  endTimeUtc: Type.Optional(MaybeText),
  displayName: Type.Optional(MaybeText),
  name: Type.Optional(MaybeText),
  description: Type.Optional(MaybeText),
  hidden: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  properties: Type.Optional(Texts),
  tags: Type.Optional(Texts),
  parameters: Type.Optional(Type.Union([Type.Record(Type.String(), Type.Any()), Type.Null()])),
})

/** What is kept as it is sent, and shown again. */
const KEPT = [
  'runType',
  'runTypeV2',
  'actionUris',
  'scriptName',
  'target',
  'uniqueChildRunComputeTargets',
  'services',
  'inputDatasets',
  'outputDatasets',
  'runDefinition',
  'jobSpecification',
  'primaryMetric',
  'createdFrom',
  'cancelUri',
  'completeUri',
  'diagnosticsUri',
  'computeRequest',
  'compute',
  'retainForLifetimeOfWorkspace',
  'queueingInfo',
  'inputs',
  'outputs',
] as const

function keptOf(body: object): JsonObject {
  const sent = body as JsonObject
  return Object.fromEntries(
    KEPT.flatMap((name) => (sent[name] === undefined || sent[name] === null ? [] : [[name, sent[name]]])),
  )
}

/** Run history's parameters may be of any kind; a run's params are texts. */
const paramsOf = (parameters: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )

/** The report in a body: what is null or absent says nothing. */
export function recordOf(body: Static<typeof RunRecord>): RunReport {
  const { displayName = body.name, description, status, hidden, startTimeUtc, endTimeUtc } = body
  const reported = keptOf(body)
  return {
    ...(Object.keys(reported).length > 0 && { reported }),
    ...(body.parameters && { params: paramsOf(body.parameters) }),
    ...(body.parentRunId && { parentId: body.parentRunId }),
    ...(body.experimentId && { experimentId: body.experimentId }),
    ...(status && { status }),
    ...(startTimeUtc && { startedAt: startTimeUtc }),
    ...(endTimeUtc && { endedAt: endTimeUtc }),
    ...(displayName && { displayName }),
    ...(typeof description === 'string' && { description }),
    ...(typeof hidden === 'boolean' && { hidden }),
    tags: textsOf(body.tags),
    properties: textsOf(body.properties),
  }
}

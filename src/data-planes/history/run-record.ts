import { type Static, Type } from 'typebox'
import type { RunReport } from '../../domain/runs/record-run.ts'
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
})

/** The report in a body: what is null or absent says nothing. */
export function recordOf(body: Static<typeof RunRecord>): RunReport {
  const { displayName = body.name, description, status, hidden, startTimeUtc, endTimeUtc } = body
  return {
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

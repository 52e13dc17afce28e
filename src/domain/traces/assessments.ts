import { randomUUID } from 'node:crypto'
import { fault } from '../../faults.ts'
import { isObject, type JsonObject } from '../../json.ts'
import type { Deps } from '../deps.ts'
import { changeTrace } from './change-trace.ts'
import type { Trace } from './trace.ts'

type Needs = Pick<Deps, 'store' | 'now'>

/** What an assessment may say: one of these, and of expectations and feedback a value. */
export const ASSESSMENT_KINDS = ['feedback', 'expectation', 'issue'] as const
const CHANGEABLE = [
  'assessment_name',
  'feedback',
  'expectation',
  'rationale',
  'metadata',
  'error',
  'valid',
  'source',
] as const

/** @throws ParameterInvalid for what is no assessment */
export function newAssessment(sent: JsonObject, trace: string, at: string): JsonObject {
  const kinds = ASSESSMENT_KINDS.filter((kind) => sent[kind] !== undefined)
  if (kinds.length !== 1) {
    throw fault('ParameterInvalid', { reason: `An assessment has exactly one of ${ASSESSMENT_KINDS.join(', ')}.` })
  }
  if (typeof sent.assessment_name !== 'string' || sent.assessment_name === '') {
    throw fault('ParameterInvalid', { reason: "Missing value for required parameter 'assessment.assessment_name'." })
  }
  if (!isObject(sent.source)) {
    throw fault('ParameterInvalid', { reason: "Missing value for required parameter 'assessment.source'." })
  }
  return {
    create_time: at,
    last_update_time: at,
    ...sent,
    assessment_id:
      typeof sent.assessment_id === 'string' ? sent.assessment_id : `a-${randomUUID().replaceAll('-', '')}`,
    trace_id: trace,
    valid: true,
  }
}

/**
 * Says something of a trace. One that overrides another makes that one invalid.
 *
 * @throws TraceNotFound, AssessmentNotFound for the one that is overridden, ParameterInvalid
 */
export async function createAssessment(
  deps: Needs,
  workspace: string,
  { trace: id, assessment }: { readonly trace: string; readonly assessment: JsonObject },
): Promise<JsonObject> {
  const made = newAssessment(assessment, id, deps.now().toISOString())
  await changeTrace(deps, workspace, {
    id,
    change(trace) {
      const overridden = made.overrides
      if (typeof overridden !== 'string' || overridden === '') return saying(trace, [...trace.assessments, made])
      assessmentOf(trace, overridden)
      return saying(trace, [...marked(trace, overridden, false), made])
    },
  })
  return made
}

/**
 * Changes what an assessment says, in the fields of `mask`.
 *
 * @throws TraceNotFound, AssessmentNotFound, ParameterInvalid for a field that can't be changed
 */
export async function updateAssessment(
  deps: Needs,
  workspace: string,
  wish: {
    readonly trace: string
    readonly id: string
    readonly assessment: JsonObject
    readonly mask: readonly string[]
  },
): Promise<JsonObject> {
  let changed: JsonObject = {}
  await changeTrace(deps, workspace, {
    id: wish.trace,
    change(trace) {
      const known = assessmentOf(trace, wish.id)
      const fields = wish.mask.map((field) => {
        if (CHANGEABLE.includes(field as (typeof CHANGEABLE)[number])) return field
        throw fault('ParameterInvalid', { reason: `'${field}' of an assessment can't be changed.` })
      })
      if (fields.some((field) => ASSESSMENT_KINDS.includes(field as 'feedback') && known[field] === undefined)) {
        throw fault('ParameterInvalid', { reason: 'An expectation stays an expectation, and feedback stays feedback.' })
      }
      const values = fields.map((field) => {
        const value = wish.assessment[field]
        const merged = field === 'metadata' && isObject(value) && isObject(known.metadata)
        return [field, merged ? { ...(known.metadata as JsonObject), ...value } : value] as const
      })
      changed = { ...known, ...Object.fromEntries(values), last_update_time: deps.now().toISOString() }
      return saying(
        trace,
        trace.assessments.map((one) => (one === known ? changed : one)),
      )
    },
  })
  return changed
}

/** Takes an assessment back; the one that it overrode is valid again. @throws TraceNotFound, AssessmentNotFound */
export async function deleteAssessment(
  deps: Needs,
  workspace: string,
  { trace: id, id: assessment }: { readonly trace: string; readonly id: string },
): Promise<void> {
  await changeTrace(deps, workspace, {
    id,
    change(trace) {
      const { overrides } = assessmentOf(trace, assessment)
      const rest = typeof overrides === 'string' ? marked(trace, overrides, true) : trace.assessments
      return saying(
        trace,
        rest.filter(({ assessment_id }) => assessment_id !== assessment),
      )
    },
  })
}

/** @throws AssessmentNotFound */
export function assessmentOf({ id: trace, assessments }: Trace, id: string): JsonObject {
  const found = assessments.find(({ assessment_id }) => assessment_id === id)
  if (!found) throw fault('AssessmentNotFound', { assessment: id, trace })
  return found
}

const saying = (trace: Trace, assessments: readonly JsonObject[]): Trace => ({ ...trace, assessments })

const marked = (trace: Trace, id: string, valid: boolean): readonly JsonObject[] =>
  trace.assessments.map((one) => (one.assessment_id === id ? { ...one, valid } : one))

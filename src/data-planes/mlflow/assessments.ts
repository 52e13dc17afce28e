import { Type } from 'typebox'
import { assessmentOf, createAssessment, deleteAssessment, updateAssessment } from '../../domain/traces/assessments.ts'
import { findTrace } from '../../domain/traces/trace.ts'
import { mlflow } from './mlflow-operation.ts'

const read = 'experiments/runs/read'
const write = 'experiments/runs/write'
const ONE = '/traces/{trace_id}/assessments/{assessment_id}'
const Assessment = Type.Record(Type.String(), Type.Any())

/** Field masks are written in camel case in protocol buffers' JSON. */
const fieldsOf = (mask: string): readonly string[] =>
  mask
    .split(',')
    .filter((field) => field !== '')
    .map((field) => field.trim().replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))

/** What people, programs and models say of traces. */
export const assessmentOperations = [
  mlflow({
    name: 'createAssessment',
    method: 'POST',
    api: '3.0',
    path: '/traces/{trace_id}/assessments',
    right: write,
    input: Type.Object({ assessment: Assessment }),
    async answer(deps, { input, params, workspace }) {
      const trace = params.trace_id ?? ''
      return { assessment: await createAssessment(deps, workspace.key, { trace, assessment: input.assessment }) }
    },
  }),
  mlflow({
    name: 'getAssessment',
    method: 'GET',
    api: '3.0',
    path: ONE,
    right: read,
    async answer({ store }, { params, workspace }) {
      const trace = await findTrace(store, workspace.key, params.trace_id ?? '')
      return { assessment: assessmentOf(trace, params.assessment_id ?? '') }
    },
  }),
  mlflow({
    name: 'updateAssessment',
    method: 'PATCH',
    api: '3.0',
    path: ONE,
    right: write,
    input: Type.Object({ assessment: Assessment, update_mask: Type.String() }),
    async answer(deps, { input, params, workspace }) {
      const assessment = await updateAssessment(deps, workspace.key, {
        trace: params.trace_id ?? '',
        id: params.assessment_id ?? '',
        assessment: input.assessment,
        mask: fieldsOf(input.update_mask),
      })
      return { assessment }
    },
  }),
  mlflow({
    name: 'deleteAssessment',
    method: 'DELETE',
    api: '3.0',
    path: ONE,
    right: write,
    async answer(deps, { params, workspace }) {
      await deleteAssessment(deps, workspace.key, { trace: params.trace_id ?? '', id: params.assessment_id ?? '' })
      return {}
    },
  }),
]

import { Type } from 'typebox'
import { createIssue, findIssue, type Issue, searchIssues, updateIssue } from '../../domain/reviews/issues.ts'
import { pageToken, readOffset } from '../../domain/search/page-token.ts'
import type { JsonObject } from '../../json.ts'
import { limitOf } from './listing.ts'
import { mlflow, required } from './mlflow-operation.ts'
import { Whole } from './schemas.ts'

const read = 'experiments/runs/read'
const write = 'experiments/runs/write'
const text = Type.Optional(Type.String())
const texts = Type.Optional(Type.Array(Type.String()))

const present = ({ id, experimentId, createdAt, body, traces }: Issue & { readonly traces?: number }): JsonObject => ({
  issue_id: id,
  experiment_id: experimentId,
  ...body,
  created_timestamp: createdAt,
  ...(traces !== undefined && { trace_count: traces }),
})

/** What of a request is said. */
const said = (fields: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''))

/** Quality problems that were found in traces. */
export const issueOperations = [
  mlflow({
    name: 'createIssue',
    method: 'POST',
    api: '3.0',
    path: '/issues',
    right: write,
    input: Type.Object({
      ...{ experiment_id: text, name: text, description: text, status: text, severity: text },
      ...{ source_run_id: text, created_by: text, root_causes: texts, categories: texts },
    }),
    async answer(deps, { input: { experiment_id, ...fields }, workspace }) {
      required('name', fields.name)
      required('description', fields.description)
      const experiment = required('experiment_id', experiment_id)
      return { issue: present(await createIssue(deps, workspace.key, { experiment, fields: said(fields) })) }
    },
  }),
  mlflow({
    name: 'searchIssues',
    method: 'POST',
    api: '3.0',
    path: '/issues/search',
    right: read,
    input: Type.Object({
      ...{ experiment_id: text, filter_string: text, page_token: text },
      max_results: Type.Optional(Whole),
      include_trace_count: Type.Optional(Type.Boolean()),
    }),
    async answer({ store }, { input, workspace }) {
      const page = await searchIssues(store, workspace.key, {
        experiment: input.experiment_id || undefined,
        filter: input.filter_string ?? '',
        start: readOffset(input.page_token),
        size: limitOf(input.max_results, { usual: 100, most: 1000 }),
        withTraces: input.include_trace_count === true,
      })
      return {
        issues: page.items.map(present),
        ...(page.next !== undefined && { next_page_token: pageToken(page.next) }),
      }
    },
  }),
  mlflow({
    name: 'getIssue',
    method: 'GET',
    api: '3.0',
    path: '/issues/{issue_id}',
    right: read,
    answer: async ({ store }, { params, workspace }) => ({
      issue: present(await findIssue(store, workspace.key, params.issue_id ?? '')),
    }),
  }),
  mlflow({
    name: 'updateIssue',
    method: 'PATCH',
    api: '3.0',
    path: '/issues/{issue_id}',
    right: write,
    input: Type.Object({ name: text, description: text, status: text, severity: text }),
    async answer(deps, { input, params, workspace }) {
      const { name, description, status, severity } = input
      const fields = said({ name, description, status, severity })
      return { issue: present(await updateIssue(deps, workspace.key, { id: params.issue_id ?? '', fields })) }
    },
  }),
]

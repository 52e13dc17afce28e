import { randomUUID } from 'node:crypto'
import { fault } from '../../faults.ts'
import { type JsonObject, textAt } from '../../json.ts'
import type { TrackedDocument } from '../../store/documents.ts'
import type { Page, Repositories } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import { activeExperiment } from '../experiments/active-experiment.ts'
import { TRACE, traceOf } from '../traces/trace.ts'
import { pageOfAll, withBody } from './review-documents.ts'

const ISSUE = 'issue'
const SEVERITIES = ['not_an_issue', 'low', 'medium', 'high'] as const
const STATUSES = ['pending', 'rejected', 'resolved'] as const

/** A quality problem of an application, as it was found in its traces. */
export interface Issue {
  readonly id: string
  readonly experimentId: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Name, description, status and the like, in MLflow's words. */
  readonly body: JsonObject
}

const issueOf = ({ id, owner, at, body }: TrackedDocument): Issue => ({ id, experimentId: owner, createdAt: at, body })

function oneOf(words: readonly string[], field: string, word: unknown): void {
  if (word === undefined || (typeof word === 'string' && words.includes(word))) return
  throw fault('ParameterInvalid', {
    reason: `Invalid value '${String(word)}' for parameter '${field}': it is one of ${words.join(', ')}.`,
  })
}

/** @throws ExperimentNotFound, ExperimentIsDeleted, ParameterInvalid */
export async function createIssue(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  workspace: string,
  { experiment, fields }: { readonly experiment: string; readonly fields: JsonObject },
): Promise<Issue> {
  oneOf(STATUSES, 'status', fields.status)
  oneOf(SEVERITIES, 'severity', fields.severity)
  const at = now()
  return await store.write(async (within) => {
    const { id: owner } = await activeExperiment(within, workspace, { named: experiment, now: at.toISOString() })
    const id = `iss-${randomUUID().replaceAll('-', '')}`
    const body = { status: 'pending', ...fields, last_updated_timestamp: at.getTime() }
    const name = textAt(fields.name) ?? ''
    const document = { ...{ workspace, kind: ISSUE, id, owner, name, at: at.getTime() }, body }
    await within.documents.put(document)
    return issueOf(document)
  })
}

/** @throws IssueNotFound */
export async function findIssue(from: Repositories, workspace: string, id: string): Promise<Issue> {
  const found = await from.documents.get(workspace, ISSUE, id)
  if (!found) throw fault('IssueNotFound', { issue: id })
  return issueOf(found)
}

/** @throws IssueNotFound, ParameterInvalid */
export async function updateIssue(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  workspace: string,
  { id, fields }: { readonly id: string; readonly fields: JsonObject },
): Promise<Issue> {
  oneOf(STATUSES, 'status', fields.status)
  oneOf(SEVERITIES, 'severity', fields.severity)
  const at = now().getTime()
  return await store.write(async (within) => {
    const found = await within.documents.get(workspace, ISSUE, id)
    if (!found) throw fault('IssueNotFound', { issue: id })
    const changed = withBody(found, { ...found.body, ...fields, last_updated_timestamp: at })
    await within.documents.put(changed)
    return issueOf(changed)
  })
}

interface SearchIssues {
  readonly experiment: string | undefined
  readonly filter: string
  readonly start: number
  readonly size: number
  readonly withTraces: boolean
}

/**
 * The most severe first, those with more traces before others where those are counted, then the newest.
 *
 * @throws FilterInvalid
 */
export async function searchIssues(
  from: Repositories,
  workspace: string,
  { experiment, filter, start, size, withTraces }: SearchIssues,
): Promise<Page<Issue & { readonly traces?: number }>> {
  const fits = filterOf(filter)
  const owners = experiment === undefined ? {} : { owners: [experiment] }
  const { items } = await from.documents.find(workspace, ISSUE, { ...owners, newestFirst: true })
  const counts = withTraces ? await tracesByIssue(from, workspace) : undefined
  const issues = items.map(issueOf).map((issue) => ({ ...issue, ...(counts && { traces: counts.get(issue.id) ?? 0 }) }))
  const sorted = issues
    .filter(({ body }) => fits(body))
    .toSorted((a, b) => severity(b) - severity(a) || (b.traces ?? 0) - (a.traces ?? 0) || b.createdAt - a.createdAt)
  return pageOfAll(sorted, { start, size })
}

const severity = ({ body }: Issue): number => (SEVERITIES as readonly string[]).indexOf(textAt(body.severity) ?? '')

/** How many traces an assessment names an issue in. */
async function tracesByIssue(from: Repositories, workspace: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const document of (await from.documents.find(workspace, TRACE)).items) {
    const named = traceOf(document)
      .assessments.filter(({ issue }) => issue !== undefined && issue !== null)
      .map(({ assessment_name: name }) => textAt(name) ?? '')
    for (const id of new Set(named)) counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return counts
}

const COMPARISON = /^\s*[`"]?(status|source_run_id)[`"]?\s*(=|!=)\s*(?:'([^']*)'|"([^"]*)")\s*$/i

function filterOf(filter: string): (body: JsonObject) => boolean {
  const parts = filter.trim() === '' ? [] : filter.split(/\s+and\s+/i)
  const tests = parts.map((part) => {
    const [, key, comparator, single, double] = COMPARISON.exec(part) ?? []
    if (key === undefined) {
      const reason = `'${part.trim()}' is no comparison of status or source_run_id by = or !=`
      throw fault('FilterInvalid', { filter, reason })
    }
    const value = single ?? double ?? ''
    return (body: JsonObject) => (body[key.toLowerCase()] === value) === (comparator === '=')
  })
  return (body) => tests.every((test) => test(body))
}

import { type Static, Type } from 'typebox'
import type { Deps } from '../../domain/deps.ts'
import { detailsOf, ofDataset } from '../../domain/models/asset-documents.ts'
import { type ModelView, versionsOf } from '../../domain/models/models.ts'
import { readOffset } from '../../domain/search/page-token.ts'
import { fault } from '../../faults.ts'
import type { Page } from '../../store/store.ts'
import type { Workspace } from '../operation.ts'

const text = Type.Optional(Type.String())

const orders: Readonly<Record<string, (a: ModelView, b: ModelView) => number>> = {
  createdatdesc: (a, b) => b.createdAt.localeCompare(a.createdAt) || newerFirst(a, b),
  createdatasc: (a, b) => a.createdAt.localeCompare(b.createdAt) || newerFirst(b, a),
  updatedatdesc: (a, b) => b.modifiedAt.localeCompare(a.modifiedAt) || newerFirst(a, b),
  updatedatasc: (a, b) => a.modifiedAt.localeCompare(b.modifiedAt) || newerFirst(b, a),
}
const newerFirst = (a: ModelView, b: ModelView): number => Number(b.version) - Number(a.version) || 0

/** What models may be asked for by, in a query or in a body. Source: `ListModelsRequest`. */
export const selection = {
  ...{ name: text, tag: text, tags: text, version: text, framework: text, description: text, properties: text },
  ...{ runId: text, datasetId: text, orderBy: text, modifiedAfter: text, modifiedBefore: text },
  count: Type.Optional(Type.Integer({ minimum: 1 })),
  offset: Type.Optional(Type.Integer({ minimum: 0 })),
  latestVersionOnly: Type.Optional(Type.Boolean()),
  listViewType: Type.Optional(Type.String()),
}
const Selection = Type.Object(selection)

const DEFAULT_COUNT = 100

/**
 * A page of the models that fit.
 *
 * @throws ParameterInvalid for an order, a view or a time that is none, or a token that was not made here
 */
export async function selectModels(
  { store }: Pick<Deps, 'store'>,
  workspace: Workspace,
  { wanted, token }: { readonly wanted: Static<typeof Selection>; readonly token: string | undefined },
): Promise<Page<ModelView>> {
  const order = orders[(wanted.orderBy ?? 'CreatedAtDesc').toLowerCase().replaceAll(/[ _]/g, '')]
  if (!order) throw fault('ParameterInvalid', { reason: `'${wanted.orderBy}' is no order of models.` })
  const fits = filterOf(wanted)
  const all = (await versionsOf(store, workspace.id, wanted.name)).filter(fits)
  const found = wanted.latestVersionOnly ? latestOfEach(all) : all
  const sorted = found.toSorted(order)
  const start = token === undefined ? (wanted.offset ?? 0) : readOffset(token)
  const end = start + (wanted.count ?? DEFAULT_COUNT)
  return { items: sorted.slice(start, end), ...(end < sorted.length && { next: String(end) }) }
}

function filterOf(wanted: Static<typeof Selection>): (model: ModelView) => boolean {
  const tags = pairs(wanted.tags ?? wanted.tag)
  const properties = pairs(wanted.properties)
  const view = (wanted.listViewType ?? 'ActiveOnly').toLowerCase()
  if (!['activeonly', 'archivedonly', 'all'].includes(view)) {
    throw fault('ParameterInvalid', { reason: `'${wanted.listViewType}' is no view of models.` })
  }
  const after = timeOf(wanted.modifiedAfter)
  const before = timeOf(wanted.modifiedBefore)
  return (model) =>
    (view === 'all' || model.archived === (view === 'archivedonly')) &&
    (wanted.version === undefined || model.version === wanted.version) &&
    (wanted.runId === undefined || model.run === wanted.runId) &&
    (wanted.framework === undefined || frameworkOf(model) === wanted.framework.toLowerCase()) &&
    (wanted.description === undefined || (model.description ?? '').includes(wanted.description)) &&
    (wanted.datasetId === undefined || ofDataset(model, wanted.datasetId)) &&
    tags.every((pair) => has(model.tags, pair)) &&
    properties.every((pair) => has(model.properties, pair)) &&
    (after === undefined || Date.parse(model.modifiedAt) > after) &&
    (before === undefined || Date.parse(model.modifiedAt) < before)
}

const frameworkOf = (model: ModelView): string =>
  (detailsOf(model).framework ?? (model.type === 'mlflow_model' ? 'MLflow' : 'Custom')).toLowerCase()

/** `key` or `key=value`, with commas between. */
export const pairs = (asked: string | undefined): readonly string[] =>
  (asked ?? '').split(',').filter((pair) => pair !== '')

export function has(texts: Readonly<Record<string, string>>, pair: string): boolean {
  const [key = '', ...value] = pair.split('=')
  return Object.hasOwn(texts, key) && (value.length === 0 || texts[key] === value.join('='))
}

function timeOf(asked: string | undefined): number | undefined {
  if (asked === undefined) return undefined
  const time = Date.parse(asked)
  if (Number.isNaN(time)) throw fault('ParameterInvalid', { reason: `'${asked}' is no time.` })
  return time
}

/** The version of each name that was made last; the list is newest first. */
function latestOfEach(models: readonly ModelView[]): readonly ModelView[] {
  const seen = new Set<string>()
  return models.filter(({ name }) => {
    const first = !seen.has(name.toLowerCase())
    seen.add(name.toLowerCase())
    return first
  })
}

import { Type } from 'typebox'
import { changeExperiment, createExperiment, deleteExperiment } from '../../domain/experiments/change-experiment.ts'
import { findExperiment } from '../../domain/experiments/find-experiment.ts'
import { matches } from '../../domain/search/matches.ts'
import { odataOrder, parseODataFilter } from '../../domain/search/odata-filter.ts'
import { sorted } from '../../domain/search/order.ts'
import { readOffset } from '../../domain/search/page-token.ts'
import type { Experiment } from '../../store/runs.ts'
import { operation } from '../operation.ts'
import { presentPage, presentPosted } from '../paging.ts'
import { presentExperiment } from '../run-dto.ts'
import { MaybeText, QueryParams, Texts, textsOf } from './schemas.ts'

const DEFAULT_TOP = 100

const read = (experiment: Experiment, key: string): string | undefined =>
  ({
    name: experiment.name,
    experimentid: experiment.id,
    createdutc: experiment.createdAt,
    description: experiment.description,
  })[key.toLowerCase()]

interface Listing {
  readonly viewType?: string | undefined
  readonly filter?: string | null | undefined
  readonly orderBy?: string | null | undefined
  readonly top?: number | null | undefined
  readonly token?: string | null | undefined
}

function select(all: readonly Experiment[], { viewType = 'Default', filter, orderBy, top, token }: Listing) {
  const comparisons = parseODataFilter(filter ?? '')
  const shown = all.filter(({ deletedAt }) => {
    if (viewType === 'All') return true
    return viewType === 'ArchivedOnly' ? deletedAt !== undefined : deletedAt === undefined
  })
  const found = shown.filter((one) =>
    matches(comparisons, (entity, key) => (entity === 'tags' ? one.tags[key] : read(one, key))),
  )
  const inOrder = sorted(found, odataOrder(orderBy ?? ''), (one, entity, key) =>
    entity === 'tags' ? one.tags[key] : read(one, key),
  )
  const start = readOffset(token ?? undefined)
  const end = start + (top ?? DEFAULT_TOP)
  return { items: inOrder.slice(start, end), ...(end < inOrder.length && { next: String(end) }) }
}

/** Run history's experiments. */
export const experimentOperations = [
  operation({
    name: 'Experiments.list',
    method: 'GET',
    path: '/experiments',
    right: 'experiments/read',
    query: Type.Object({
      viewType: Type.Optional(Type.String()),
      $filter: Type.Optional(Type.String()),
      $orderby: Type.Optional(Type.String()),
      $top: Type.Optional(Type.Integer({ minimum: 1 })),
      $continuationtoken: Type.Optional(Type.String()),
    }),
    async answer({ store }, { workspace, query, ...asked }) {
      const { items } = await store.runs.experiments(workspace.key)
      const page = select(items, {
        viewType: query.viewType,
        filter: query.$filter,
        orderBy: query.$orderby,
        top: query.$top,
        token: query.$continuationtoken,
      })
      return presentPage(page, presentExperiment, { asked: { ...asked, workspace }, parameter: '$continuationtoken' })
    },
  }),
  operation({
    name: 'Experiments.getByQuery',
    method: 'POST',
    path: '/experiments:query',
    right: 'experiments/read',
    body: Type.Object({ ...QueryParams.properties, viewType: Type.Optional(MaybeText) }),
    async answer({ store }, { workspace, body }) {
      const { items } = await store.runs.experiments(workspace.key)
      const page = select(items, { ...body, viewType: body.viewType ?? undefined, token: body.continuationToken })
      return presentPosted(page, presentExperiment)
    },
  }),
  operation({
    name: 'Experiments.create',
    method: 'POST',
    path: '/experiments/{experimentName}',
    right: 'experiments/write',
    async answer(deps, { workspace, params }) {
      return presentExperiment(await createExperiment(deps, workspace.key, { name: params.experimentName }))
    },
  }),
  operation({
    name: 'Experiments.get',
    method: 'GET',
    path: '/experiments/{experimentName}',
    right: 'experiments/read',
    async answer({ store }, { workspace, params }) {
      return presentExperiment(await findExperiment(store, workspace.key, params.experimentName))
    },
  }),
  operation({
    name: 'Experiments.getById',
    method: 'GET',
    path: '/experimentids/{experimentId}',
    right: 'experiments/read',
    async answer({ store }, { workspace, params }) {
      return presentExperiment(await findExperiment(store, workspace.key, params.experimentId))
    },
  }),
  operation({
    name: 'Experiments.update',
    method: 'PATCH',
    path: '/experimentids/{experimentId}',
    right: 'experiments/write',
    body: Type.Object({
      name: Type.Optional(MaybeText),
      description: Type.Optional(MaybeText),
      tags: Type.Optional(Texts),
      archive: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
    }),
    async answer(deps, { workspace, params, body }) {
      const changed = await changeExperiment(deps, workspace.key, {
        experiment: params.experimentId,
        ...(body.name && { name: body.name }),
        ...(typeof body.description === 'string' && { description: body.description }),
        tags: textsOf(body.tags),
        ...(typeof body.archive === 'boolean' && { archived: body.archive }),
      })
      return presentExperiment(changed)
    },
  }),
  operation({
    name: 'Experiments.delete',
    method: 'DELETE',
    path: '/experimentids/{experimentId}',
    right: 'experiments/delete',
    async answer(deps, { workspace, params }) {
      await deleteExperiment(deps, workspace.key, params.experimentId)
      return {}
    },
  }),
  operation({
    name: 'Experiments.deleteTags',
    method: 'POST',
    path: '/experimentids/{experimentId}/tags:delete',
    right: 'experiments/write',
    body: Type.Object({ tags: Type.Array(Type.String()) }),
    async answer(deps, { workspace, params, body }) {
      await changeExperiment(deps, workspace.key, { experiment: params.experimentId, removeTags: body.tags })
      return { errors: {} }
    },
  }),
]

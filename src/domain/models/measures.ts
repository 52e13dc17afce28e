import { randomUUID } from 'node:crypto'
import { type JsonObject, textAt } from '../../json.ts'
import type { Run } from '../../store/runs.ts'
import type { Repositories } from '../../store/store.ts'
import { findLoggedModel } from './logged-model.ts'

/** A metric that a run measured of a logged model, maybe on a dataset. */
export interface Measure {
  readonly key: string
  readonly value: number
  readonly step: number
  readonly at: number
  readonly run: string
  readonly dataset?: { readonly name: string; readonly digest: string }
}

/** By the id of the logged model. */
export type Measured = ReadonlyMap<string, readonly Measure[]>

/**
 * Keeps what was measured of logged models: of each metric the last, by run and dataset. To be called inside a write.
 *
 * @throws LoggedModelNotFound
 */
export async function measureModels(within: Repositories, workspace: string, measured: Measured): Promise<void> {
  for (const [id, added] of measured) {
    const model = await findLoggedModel(within, workspace, id)
    const kept = new Map(measuresOf(model).map((one) => [placeOf(one), one]))
    for (const one of added) {
      const known = kept.get(placeOf(one))
      if (!known || !isLater(known, one)) kept.set(placeOf(one), one)
    }
    await within.runs.put({ ...model, measures: [...kept.values()].map(stored), etag: randomUUID() })
  }
}

const placeOf = ({ key, run, dataset }: Measure): string =>
  JSON.stringify([key, run, dataset?.name ?? '', dataset?.digest ?? ''])

function isLater(a: Measure, b: Measure): boolean {
  if (a.step !== b.step) return a.step > b.step
  return a.at !== b.at ? a.at > b.at : a.value > b.value
}

/** JSON has no NaN and no infinity: values are texts. */
const stored = ({ key, value, step, at, run, dataset }: Measure): JsonObject => ({
  ...{ key, value: String(value), step, at, run },
  ...(dataset && { dataset: { ...dataset } }),
})

/** What was measured of a logged model. */
export const measuresOf = ({ measures = [] }: Run): readonly Measure[] =>
  measures.map(({ key, value, step, at, run, dataset }) => ({
    key: textAt(key) ?? '',
    value: Number(value),
    step: Number(step),
    at: Number(at),
    run: textAt(run) ?? '',
    ...(dataset !== undefined && { dataset: dataset as unknown as NonNullable<Measure['dataset']> }),
  }))

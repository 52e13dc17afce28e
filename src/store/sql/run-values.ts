import { CompiledQuery } from 'kysely'
import type { Run } from '../runs.ts'
import type { Session } from './session.ts'

/** How a value is called in `run_values`: a letter for its kind, so that a tag and a param of one name are two. */
export const valueKeys = {
  tag: (key: string) => `t ${key}`,
  param: (key: string) => `p ${key}`,
  value: (key: string) => `a ${key}`,
}

/** When a run began, in epoch milliseconds; when it was made, where it was not started. */
export const startOf = ({ startedAt, createdAt }: Run): number => Date.parse(startedAt ?? createdAt)

/** What a run is searched by, beside its columns. */
export function valuesOf(run: Run): ReadonlyMap<string, string | number> {
  const values = new Map<string, string | number>([
    [valueKeys.value('name'), run.displayName],
    [valueKeys.value('user'), run.createdBy.name],
    [valueKeys.value('start'), startOf(run)],
  ])
  if (run.endedAt !== undefined) values.set(valueKeys.value('end'), Date.parse(run.endedAt))
  if (run.parentId !== undefined) values.set(valueKeys.value('parent'), run.parentId)
  for (const [key, value] of Object.entries(run.params)) values.set(valueKeys.param(key), value)
  for (const [key, value] of Object.entries(run.tags)) values.set(valueKeys.tag(key), value)
  return values
}

const known = CompiledQuery.raw('select key, value from run_values where run = ?') as CompiledQuery<{
  key: string
  value: string | number
}>
const insert = CompiledQuery.raw('insert or replace into run_values (run, key, value) values (?, ?, ?)')
const remove = CompiledQuery.raw('delete from run_values where run = ? and key = ?')

/** Writes what has changed of a run's values: most writes of a run change a state and no value. */
export async function putRunValues({ run }: Session, number: number, stored: Run): Promise<void> {
  const wanted = valuesOf(stored)
  const there = new Map((await run(known, [number])).map(({ key, value }) => [key, value]))
  for (const [key, value] of wanted) if (there.get(key) !== value) await run(insert, [number, key, value])
  for (const key of there.keys()) if (!wanted.has(key)) await run(remove, [number, key])
}

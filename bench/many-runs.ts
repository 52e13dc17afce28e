import { DatabaseSync } from 'node:sqlite'
import type { Run } from '../src/store/runs.ts'
import { openStore } from '../src/store/sqlite/open-store.ts'

/** What run `n` of the many has; the same in both stores. */
const manyRun = (n: number) => ({
  id: n.toString(16).padStart(32, '0'),
  params: { lr: ['0.1', '0.01', '0.001'][n % 3] ?? '', model: ['resnet', 'bert', 'gpt', 'mlp'][n % 4] ?? '' },
  tags: { team: ['red', 'green', 'blue'][n % 3] ?? '', ...(n % 1000 === 0 && { rare: 'yes' }) },
  metrics: { acc: ((n * 7919) % 100_003) / 100_003, loss: ((n * 104_729) % 99_991) / 99_991 },
  at: 1_700_000_000_000 + n * 1000,
})

/**
 * Puts `count` runs into the store's own write path (its group commit and its metrics' thread, without HTTP), a thousand
 * to a part. Each metric has `points` points, of which the last is the run's value.
 */
export async function seedOurs(data: string, workspace: string, count: number, points = 1): Promise<void> {
  const store = await openStore({ directory: data })
  const at = '2026-01-01T00:00:00Z'
  await store.write(({ runs }) =>
    runs.putExperiment({ id: 'many-id', workspace, name: 'many', createdAt: at, updatedAt: at, tags: {} }),
  )
  const run = (n: number): Run => {
    const { id, params, tags, at: ms } = manyRun(n)
    const time = new Date(ms).toISOString()
    return {
      id,
      workspace,
      experimentId: 'many-id',
      experimentName: 'many',
      kind: 'interactive',
      displayName: `run-${n}`,
      status: 'Completed',
      createdAt: time,
      startedAt: time,
      endedAt: time,
      createdBy: { objectId: 'a', name: 'a' },
      rootId: id,
      number: n,
      tags,
      properties: {},
      params,
      hidden: false,
      outputs: {},
      warnings: [],
      spans: [],
      etag: '1',
    }
  }
  for (let from = 0; from < count; from += 1000) {
    await store.write(async ({ runs }) => {
      for (let n = from; n < from + 1000; n++) await runs.put(run(n))
    })
    await Promise.all(
      Array.from({ length: 1000 }, (_, index) => {
        const { id, metrics, at: ms } = manyRun(from + index)
        return store.metrics.add(
          workspace,
          id,
          Object.entries(metrics).flatMap(([key, value]) =>
            Array.from({ length: points }, (_, step) => ({
              key,
              value: step === points - 1 ? value : value + 1 / (step + 1),
              step,
              at: ms + step,
            })),
          ),
        )
      }),
    )
  }
  await store.close()
}

export function seedTheirs(path: string, count: number): void {
  const database = new DatabaseSync(path)
  const columns = (table: string) =>
    database
      .prepare(`select name from pragma_table_info('${table}')`)
      .all()
      .map(({ name }) => String(name))
  const workspaced = columns('experiments').includes('workspace')
  database.exec(`begin; insert into experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time${workspaced ? ', workspace' : ''})
    values (777, 'many', '/tmp/none', 'active', 0, 0${workspaced ? ", 'default'" : ''})`)
  const run =
    database.prepare(`insert into runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status,
    start_time, end_time, source_version, lifecycle_stage, artifact_uri, experiment_id)
    values (?, ?, 'UNKNOWN', '', '', 'a', 'FINISHED', ?, ?, '', 'active', '/tmp/none', 777)`)
  const param = database.prepare('insert into params (key, value, run_uuid) values (?, ?, ?)')
  const tag = database.prepare('insert into tags (key, value, run_uuid) values (?, ?, ?)')
  const metric = database.prepare(
    'insert into latest_metrics (key, value, timestamp, step, is_nan, run_uuid) values (?, ?, ?, 0, 0, ?)',
  )
  for (let n = 0; n < count; n++) {
    const { id, params, tags, metrics, at } = manyRun(n)
    run.run(id, `run-${n}`, at, at)
    for (const [key, value] of Object.entries(params)) param.run(key, value, id)
    for (const [key, value] of Object.entries(tags)) tag.run(key, String(value), id)
    for (const [key, value] of Object.entries(metrics)) metric.run(key, value, at, id)
  }
  database.exec('commit')
  database.close()
}

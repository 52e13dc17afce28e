import { DatabaseSync } from 'node:sqlite'
import type { Source, SourceDataset, SourceModel, SourceRun } from './source.ts'

type Row = Readonly<Record<string, string | number | null>>

/** Tables of what is not read: with rows in them, something would be lost. */
const OTHERS: Readonly<Record<string, string>> = {
  trace_info: 'traces',
  logged_models: 'logged models',
  webhooks: 'webhooks',
  evaluation_datasets: 'evaluation datasets',
  scorers: 'scorers',
}

/** MLflow's SQLite database, as MLflow 1.30 to 3 write it. It is only read. */
export function sqliteSource(path: string): Source {
  const database = new DatabaseSync(path, { readOnly: true })
  const tables = new Set(
    database
      .prepare("select name from sqlite_master where type = 'table'")
      .all()
      .map((row) => String(row.name)),
  )
  const rows = (sql: string, ...values: (string | number)[]): Row[] => database.prepare(sql).all(...values) as Row[]
  const from = (table: string, where = '', ...values: (string | number)[]): Row[] =>
    tables.has(table) ? rows(`select * from ${table} ${where}`, ...values) : []
  const pairs = (table: string, where: string, ...values: string[]) =>
    Object.fromEntries(from(table, where, ...values).map(({ key, value }) => [String(key), String(value ?? '')]))
  const text = (value: string | number | null | undefined): string => String(value ?? '')

  const experiments = from('experiments').map((row) => ({
    id: text(row.experiment_id),
    name: text(row.name),
    deleted: row.lifecycle_stage === 'deleted',
    tags: pairs('experiment_tags', 'where experiment_id = ?', text(row.experiment_id)),
  }))

  const datasetsOf = (run: string): SourceDataset[] =>
    tables.has('inputs')
      ? rows(
          `select d.*, i.input_uuid from inputs i join datasets d on d.dataset_uuid = i.source_id
            where i.destination_type = 'RUN' and i.source_type = 'DATASET' and i.destination_id = ?`,
          run,
        ).map((row) => ({
          name: text(row.name),
          digest: text(row.digest),
          source_type: text(row.dataset_source_type),
          source: text(row.dataset_source),
          ...(row.dataset_schema !== null && { schema: text(row.dataset_schema) }),
          ...(row.dataset_profile !== null && { profile: text(row.dataset_profile) }),
          tags: Object.fromEntries(
            from('input_tags', 'where input_uuid = ?', text(row.input_uuid)).map(({ name, value }) => [
              text(name),
              text(value),
            ]),
          ),
        }))
      : []

  const runOf = (row: Row): SourceRun => {
    const id = text(row.run_uuid)
    return {
      id,
      experimentId: text(row.experiment_id),
      name: text(row.name),
      user: text(row.user_id),
      status: text(row.status),
      ...(row.start_time !== null && { start: Number(row.start_time) }),
      ...(row.end_time !== null && { end: Number(row.end_time) }),
      deleted: row.lifecycle_stage === 'deleted',
      artifactUri: text(row.artifact_uri),
      params: pairs('params', 'where run_uuid = ?', id),
      tags: pairs('tags', 'where run_uuid = ?', id),
      datasets: datasetsOf(id),
      *points() {
        for (const point of database
          .prepare(
            'select key, value, timestamp, step, is_nan from metrics where run_uuid = ? order by key, step, timestamp',
          )
          .iterate(id)) {
          const value = point.is_nan ? Number.NaN : Number(point.value)
          yield {
            key: String(point.key),
            value: unclamped(value),
            timestamp: Number(point.timestamp),
            step: Number(point.step),
          }
        }
      },
    }
  }

  const models = from('registered_models').map((row): SourceModel => {
    const name = text(row.name)
    return {
      name,
      description: text(row.description),
      tags: pairs('registered_model_tags', 'where name = ?', name),
      aliases: Object.fromEntries(
        from('registered_model_aliases', 'where name = ?', name).map(({ alias, version }) => [
          text(alias),
          Number(version),
        ]),
      ),
      versions: from('model_versions', 'where name = ? order by version', name)
        .filter(({ current_stage }) => current_stage !== 'Deleted_Internal')
        .map((version) => ({
          version: Number(version.version),
          source: text(version.source),
          runId: text(version.run_id),
          description: text(version.description),
          stage: text(version.current_stage) || 'None',
          tags: pairs('model_version_tags', 'where name = ? and version = ?', name, text(version.version)),
        })),
    }
  })

  const left = Object.entries(OTHERS).flatMap(([table, what]) => {
    const [found] = tables.has(table) ? rows(`select count(*) as count from ${table}`) : []
    return Number(found?.count ?? 0) > 0 ? [[what, Number(found?.count)] as const] : []
  })
  return {
    experiments,
    *runs() {
      for (const row of database.prepare('select * from runs order by start_time, run_uuid').iterate())
        yield runOf(row as Row)
    },
    models,
    left: Object.fromEntries(left),
    close: () => database.close(),
  }
}

/** MLflow writes infinities as the greatest numbers, since not every database knows them. */
function unclamped(value: number): number {
  if (value >= Number.MAX_VALUE) return Number.POSITIVE_INFINITY
  return value <= -Number.MAX_VALUE ? Number.NEGATIVE_INFINITY : value
}

import type { Kysely } from 'kysely'

/** One step of the schema. A released step is never edited: a further one changes what it made. */
export interface Migration {
  /** The schema number that the step leads to; steps are applied in this order, each once. */
  readonly number: number
  readonly name: string
  up(db: Kysely<unknown>): Promise<void>
}

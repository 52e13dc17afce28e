import type { Logger } from 'pino'
import { dropBlocks, dropContent } from './contents.ts'
import type { Core } from './core.ts'
import { purge } from './deletes.ts'

/** How often garbage is looked for, and so how long it stays at least: a reader that just found its blob pins in time. */
const EVERY_MS = 2_000
/** Blocks whose list never came go after a week, as Azure's. */
const STALE_MS = 7 * 24 * 60 * 60 * 1000
/** So much is removed in one part of a group commit: others wait for no more. */
const BATCH = 200

/** Removes what nothing names any more: bytes of replaced blobs, deleted containers, blocks without a list, orphans. */
export interface Collector {
  /** One look: removes what an earlier look saw and nobody reads. Answers how many pieces went. */
  pass(): Promise<number>
  /** Begins to look regularly; files that a killed server left behind go first. */
  start(): void
  stop(): Promise<void>
}

export function collector(core: Core, log: Logger): Collector {
  const seen = new Set<number>()
  let timer: NodeJS.Timeout | undefined
  let working: Promise<unknown> = Promise.resolve()
  let stopped = false

  const pass = async (): Promise<number> => {
    await emptyHidden(core, () => stopped)
    await purgeOld(core)
    await dropStale(core)
    let removed = 0
    let after = 0
    for (;;) {
      const found = await core.rows.garbage(after, BATCH)
      const ripe = found.filter(({ id }) => seen.has(id) && !core.pins.isHeld(id))
      for (const { id } of found) seen.add(id)
      // Files first: a crash in between leaves rows that name files which are gone, and the next look ends it.
      for (const { file } of ripe) if (file !== undefined) await core.files.remove(file)
      if (ripe.length > 0) {
        await core.rows.write(async (rows) => {
          for (const { id } of ripe) {
            await rows.removePiece(id)
            await rows.removeGarbage(id)
          }
        })
      }
      for (const { id } of ripe) seen.delete(id)
      removed += ripe.length
      const last = found.at(-1)
      if (!last || found.length < BATCH || stopped) return removed
      after = last.id
    }
  }
  const again = (): void => {
    if (stopped) return
    timer = setTimeout(() => {
      working = pass()
        .catch((error: unknown) => log.error({ err: error }, 'collecting unused blob bytes failed; it is tried again'))
        .finally(again)
    }, EVERY_MS)
    timer.unref()
  }
  return {
    pass,
    start() {
      working = core.files
        .sweep(async (id) => stopped || (await core.rows.hasFile(id)))
        .then((removed) => removed > 0 && log.info({ removed }, 'removed files of uploads that a stop cut off'))
        .catch((error: unknown) => log.error({ err: error }, 'sweeping the blob files failed'))
        .finally(again)
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      await working
    },
  }
}

async function emptyHidden({ rows: store, now }: Core, isStopped: () => boolean): Promise<void> {
  for (const container of await store.hiddenContainers(now().getTime())) {
    let isEmpty = false
    while (!isEmpty && !isStopped()) {
      isEmpty = await store.write(async (rows) => {
        const blobs = await rows.blobs(container, { limit: BATCH })
        for (const blob of blobs) {
          await dropContent(rows, blob)
          await rows.removeBlob(container, blob.name)
          if (blob.state.tags) await rows.putTags(container, blob.name, undefined)
        }
        const past = await rows.pastBlobs(container, { limit: BATCH })
        for (const one of past) await purge(rows, one)
        const names = await rows.uncommitted(container, { limit: BATCH })
        for (const name of names) await dropBlocks(rows, container, name)
        if (blobs.length > 0 || past.length > 0 || names.length > 0) return false
        await rows.removeContainer(container)
        return true
      })
    }
  }
}

/** What was deleted and can't be restored any more. */
async function purgeOld({ rows: store, now }: Core): Promise<void> {
  const time = now().getTime()
  if ((await store.purgeable(time, 1)).length === 0) return
  await store.write(async (rows) => {
    for (const one of await rows.purgeable(time, BATCH)) await purge(rows, one)
  })
}

async function dropStale({ rows: store, now }: Core): Promise<void> {
  const before = now().getTime() - STALE_MS
  const stale = await store.staleBlocks(before, BATCH)
  if (stale.length === 0) return
  await store.write(async (rows) => {
    for (const { container, name } of stale) await dropBlocks(rows, container, name)
  })
}

import type { Logger } from 'pino'

const PATIENCE_MS = 8000

/**
 * What has to be ended when the server stops, last begun first ended. A part that does not come to its end is named in
 * the log and left: all that was acknowledged is on disk, and a stop that hangs is worse.
 */
export function stopList(patienceMs = PATIENCE_MS) {
  const parts: { readonly name: string; readonly end: () => Promise<void> | void }[] = []
  let log: Logger | undefined
  return {
    onStop: (name: string, end: () => Promise<void> | void): void => {
      parts.push({ name, end })
    },
    reportTo: (logger: Logger): void => {
      log = logger
    },
    async stop(): Promise<void> {
      for (const { name, end } of parts.splice(0).reverse()) {
        const late = Promise.withResolvers<'late'>()
        const timer = setTimeout(() => late.resolve('late'), patienceMs)
        try {
          const how = await Promise.race([end(), late.promise])
          if (how === 'late') log?.error({ part: name }, 'a part of the server did not stop in time')
        } catch (error) {
          log?.error({ err: error, part: name }, 'a part of the server failed while it stopped')
        } finally {
          clearTimeout(timer)
        }
      }
    },
  }
}

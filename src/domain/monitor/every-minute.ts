import type { Deps } from '../deps.ts'

const EVERY_MS = 60_000

export interface Repeated {
  start(): void
  stop(): Promise<void>
}

/** Does something at the start, every minute, and when the clock is set; never twice at once. */
export function everyMinute(deps: Pick<Deps, 'simulation' | 'log'>, what: string, work: () => Promise<void>): Repeated {
  let timer: NodeJS.Timeout | undefined
  let going: Promise<void> | undefined
  const once = (): void => {
    if (!timer) return
    going = (going ?? Promise.resolve())
      .then(work)
      .catch((error: unknown) => deps.log.error({ err: error }, `${what} failed`))
  }
  deps.simulation.onChange(once)
  return {
    start() {
      timer ??= setInterval(once, EVERY_MS)
      timer.unref()
      once()
    },
    async stop() {
      clearInterval(timer)
      timer = undefined
      await going
    },
  }
}

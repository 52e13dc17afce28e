import type { RunSignals } from '../deps.ts'

/** Signals inside one process; what is announced before anybody listens is found by the reconciler's first sweep. */
export function runSignals(): RunSignals {
  let tell: (workspace: string, run: string) => void = () => undefined
  return {
    announce: (workspace, run) => tell(workspace, run),
    listen: (listener) => {
      tell = listener
    },
  }
}

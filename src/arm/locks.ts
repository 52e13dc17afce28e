/** Lets one piece of work at a time run per key, in the order of asking. */
export interface Locks {
  run<Result>(key: string, work: () => Promise<Result>): Promise<Result>
}

export function keyedLocks(): Locks {
  const last = new Map<string, Promise<unknown>>()
  return {
    run(key, work) {
      const before = last.get(key)
      const mine = before ? before.then(work, work) : work()
      const settled = mine.then(
        () => undefined,
        () => undefined,
      )
      last.set(key, settled)
      void settled.then(() => {
        if (last.get(key) === settled) last.delete(key)
      })
      return mine
    },
  }
}

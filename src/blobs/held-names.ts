import { fault } from '../faults.ts'

/** Names of containers that were deleted a moment ago: Azure gives them to no other for a while. */
export interface HeldNames {
  hold(account: string, container: string): void
  /** @throws ContainerBeingDeleted */
  demandFree(account: string, container: string): void
}

/** `heldMs` is asked at each deletion; where it is 0, a name is free at once. A restarted server holds none. */
export function heldNames(now: () => Date, heldMs: () => number): HeldNames {
  const until = new Map<string, number>()
  const keyOf = (account: string, container: string): string => `${account}/${container}`
  return {
    hold(account, container) {
      const time = now().getTime()
      for (const [key, end] of until) if (end <= time) until.delete(key)
      if (heldMs() > 0) until.set(keyOf(account, container), time + heldMs())
    },
    demandFree(account, container) {
      if ((until.get(keyOf(account, container)) ?? 0) > now().getTime()) throw fault('ContainerBeingDeleted')
    },
  }
}

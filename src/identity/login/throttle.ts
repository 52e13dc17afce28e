import { fault } from '../../faults.ts'

/** Slows down who guesses passwords. */
export interface Throttle {
  /** @throws AADSTS50053 while an account is locked */
  demand(account: string): void
  failed(account: string): void
  succeeded(account: string): void
}

/** Azure's default: ten failures lock an account for a minute, and each further one for longer. */
const FREE = 10
const FIRST_MS = 60_000
const LONGEST_MS = 3600_000
/** How many accounts are watched; who guesses names fills it with those that there are not. */
const WATCHED = 10_000

interface Watched {
  readonly failures: number
  readonly lockedUntil: number
}

/** In memory: a restart unlocks, and nobody is locked out for good. */
export function signInThrottle({ now }: { now: () => Date }): Throttle {
  const watched = new Map<string, Watched>()
  return {
    demand(account) {
      const until = watched.get(account.toLowerCase())?.lockedUntil ?? 0
      const left = until - now().getTime()
      if (left > 0) throw fault('AADSTS50053', {}, { headers: { 'Retry-After': String(Math.ceil(left / 1000)) } })
    },
    failed(account) {
      const key = account.toLowerCase()
      const failures = (watched.get(key)?.failures ?? 0) + 1
      const beyond = failures - FREE
      const locked = beyond < 0 ? 0 : Math.min(FIRST_MS * 2 ** beyond, LONGEST_MS)
      watched.delete(key)
      const oldest = watched.size >= WATCHED ? watched.keys().next() : undefined
      if (oldest && !oldest.done) watched.delete(oldest.value)
      watched.set(key, { failures, lockedUntil: now().getTime() + locked })
    },
    succeeded(account) {
      watched.delete(account.toLowerCase())
    },
  }
}

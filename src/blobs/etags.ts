/** 100-nanosecond ticks from the year 1 to 1970, as .NET counts: Azure's entity tags are such times. */
const TICKS_TO_1970 = 621_355_968_000_000_000n

/** Makes entity tags as Azure's look, `0x8DE…`: each greater than the one before. */
export function etagSource(now: () => Date): () => string {
  const next = tickSource(now)
  return () => `0x${(next() + TICKS_TO_1970).toString(16).toUpperCase()}`
}

/** Makes the times that snapshots and versions are named by, `2026-11-25T10:46:01.1234567Z`: each later than the last. */
export function stampSource(now: () => Date): () => string {
  const next = tickSource(now)
  return () => {
    const ticks = next()
    const second = new Date(Number(ticks / 10_000_000n) * 1000).toISOString().slice(0, 19)
    return `${second}.${String(ticks % 10_000_000n).padStart(7, '0')}Z`
  }
}

function tickSource(now: () => Date): () => bigint {
  let last = 0n
  return () => {
    const ticks = BigInt(now().getTime()) * 10_000n
    last = ticks > last ? ticks : last + 1n
    return last
  }
}

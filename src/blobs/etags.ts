/** 100-nanosecond ticks from the year 1 to 1970, as .NET counts: Azure's entity tags are such times. */
const TICKS_TO_1970 = 621_355_968_000_000_000n

/** Makes entity tags as Azure's look, `0x8DE…`: each greater than the one before. */
export function etagSource(now: () => Date): () => string {
  let last = 0n
  return () => {
    const ticks = BigInt(now().getTime()) * 10_000n + TICKS_TO_1970
    last = ticks > last ? ticks : last + 1n
    return `0x${last.toString(16).toUpperCase()}`
  }
}

import { fault } from '../../faults.ts'

const DURATION = /^P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,5})W)?(?:(\d{1,5})D)?$/

/** A date that lies a duration of ISO 8601 (`P90D`, `P1Y6M`) after another, or before it. @throws VaultBadParameter */
export function shifted(from: Date, duration: string, direction: 1 | -1 = 1): Date {
  const found = DURATION.exec(duration)
  if (!found || duration === 'P') {
    throw fault('VaultBadParameter', { reason: `'${duration.slice(0, 40)}' is no duration like P90D, P18M or P2Y` })
  }
  const [years, months, weeks, days] = found.slice(1).map((text) => Number(text ?? 0))
  const at = new Date(from)
  at.setUTCFullYear(at.getUTCFullYear() + direction * (years ?? 0))
  at.setUTCMonth(at.getUTCMonth() + direction * (months ?? 0))
  at.setUTCDate(at.getUTCDate() + direction * ((weeks ?? 0) * 7 + (days ?? 0)))
  return at
}

/** How long a duration is from now on, in days. @throws VaultBadParameter */
export const daysOf = (duration: string, from: Date): number =>
  Math.round((shifted(from, duration).getTime() - from.getTime()) / 86_400_000)

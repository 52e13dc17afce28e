import { findIana } from 'windows-iana'

/** The zone of one of Windows' names, as Azure has them, or of one of IANA's; UTC without one, undefined for no zone's. */
export function zoneNamed(name: string | undefined): string | undefined {
  if (!name) return 'UTC'
  // Of several, the first is the one of the zone's own territory.
  const zone = findIana(name)[0] ?? name
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone
  } catch {
    return undefined
  }
}

/** A time as a body says it, with an offset or on the wall of its zone; undefined where it is none. */
export function timeIn(zone: string, text: string): Date | undefined {
  if (/(?:Z|[+-]\d\d:?\d\d)$/i.test(text) || !/^\d{4}-\d\d-\d\d/.test(text)) return valid(new Date(text))
  const wall = valid(new Date(`${text.replace(' ', 'T')}${text.length === 10 ? 'T00:00:00' : ''}Z`))
  if (!wall) return undefined
  const guess = wall.getTime() - offset(wall, zone)
  return new Date(wall.getTime() - offset(new Date(guess), zone))
}

const valid = (time: Date): Date | undefined => (Number.isNaN(time.getTime()) ? undefined : time)

/** A time as the clock on the wall of a zone shows it, in the fields of UTC. */
export const wallClock = (time: Date, zone: string): Date => new Date(time.getTime() + offset(time, zone))

/** How far a zone is ahead of UTC at a time, in milliseconds. */
function offset(time: Date, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(time)
  const at = (type: string): number => Number(parts.find((part) => part.type === type)?.value)
  const wall = Date.UTC(at('year'), at('month') - 1, at('day'), at('hour'), at('minute'), at('second'))
  return wall - Math.floor(time.getTime() / 1000) * 1000
}

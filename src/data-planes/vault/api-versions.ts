import { fault } from '../../faults.ts'

/** The data plane's versions, oldest first. All of them are answered in the newest one's shape, which adds to theirs. */
const known = ['2015-06-01', '2016-10-01', '7.0', '7.1', '7.2', '7.3', '7.4', '7.5', '7.6', '2025-07-01']
const NUMBERED = /^7\.\d{1,2}(-preview(\.\d{1,2})?)?$/
const DATED = /^20\d\d-\d\d-\d\d(-preview)?$/

/** @throws VaultBadParameter for a version that is missing or none; later ones are taken, so that new clients work */
export function demandVersion(asked: string | null): void {
  if (asked !== null && (NUMBERED.test(asked) || (DATED.test(asked) && (known.includes(asked) || asked >= '2025'))))
    return
  const reason =
    asked === null
      ? 'The request URI has no api-version'
      : `The specified version (${asked.slice(0, 40)}) is not recognized. Consider using the latest supported version (${known.at(-1)})`
  throw fault('VaultBadParameter', { reason })
}

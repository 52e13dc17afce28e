/** What every data directory holds once a server has run there: a folder without these is none. */
const marks = ['lazuli.db', 'sealing-key']

/** What a first start that was cut short may have left, or a volume comes with. */
const early = new Set(['logs', 'lock', 'lock.json', 'lost+found'])

/** Whether a folder that holds these names is a data directory of Lazuli's. */
export const isDataDirectory = (names: readonly string[]): boolean => marks.every((name) => names.includes(name))

/**
 * Whether a server may start on a folder that holds these names. One with somebody's files may not become a data
 * directory: it would be closed to other users, and `reset` would take the files with it.
 */
export const mayBecomeDataDirectory = (names: readonly string[]): boolean =>
  names.includes('lazuli.db') || names.every((name) => early.has(name))

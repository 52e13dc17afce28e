import type { TestServer } from '../support/server.ts'
import { sideBySide } from './side-by-side.ts'

/** What one thing of the server must be after a restart, by what its client was told. */
export interface Entry {
  /** The last acknowledged value; undefined where it was never made, or its deletion was acknowledged. */
  acknowledged: string | undefined
  /** A value asked for and not acknowledged: it may be there or not, and whole either way. */
  inFlight: { readonly value: string | undefined } | undefined
  /** Reads the thing as it is: its value, or undefined where it is not there. */
  readonly read: (server: TestServer) => Promise<string | undefined>
}

/** The client's own book of what it was told. Each key belongs to one client, which asks for one thing at a time. */
export class Ledger {
  readonly #entries = new Map<string, Entry>()
  #touched = new Set<string>()

  /** Does one change, and books what was asked and what was acknowledged. A lost answer leaves it in flight. */
  async change(
    key: string,
    read: Entry['read'],
    value: string | undefined,
    act: () => Promise<boolean>,
  ): Promise<void> {
    const entry = this.#entries.get(key) ?? { acknowledged: undefined, inFlight: undefined, read }
    this.#entries.set(key, entry)
    this.#touched.add(key)
    entry.inFlight = { value }
    const done = await act()
    if (done) entry.acknowledged = value
    entry.inFlight = undefined
  }

  value(key: string): string | undefined {
    return this.#entries.get(key)?.acknowledged
  }

  get size(): number {
    return this.#entries.size
  }

  /** Compares what was touched since the last call, or everything, and answers what differs. */
  async compare(server: TestServer, which: 'touched' | 'all'): Promise<string[]> {
    const keys = which === 'all' ? [...this.#entries.keys()] : [...this.#touched]
    this.#touched = new Set()
    const wrong: string[] = []
    await sideBySide(keys, async (key) => {
      const entry = this.#entries.get(key)
      if (!entry) return
      const seen = await entry.read(server)
      const allowed = [entry.acknowledged, ...(entry.inFlight ? [entry.inFlight.value] : [])]
      if (!allowed.includes(seen)) {
        wrong.push(`${key}: is ${brief(seen)}, was told ${allowed.map(brief).join(' or maybe ')}`)
      }
      // What is seen once stays: a value that was in flight is now as good as acknowledged.
      entry.acknowledged = seen
      entry.inFlight = undefined
    })
    return wrong
  }
}

const brief = (value: string | undefined) =>
  value === undefined
    ? 'nothing'
    : value.length > 60
      ? `${value.length} characters, ${value.slice(0, 24)}…`
      : `"${value}"`

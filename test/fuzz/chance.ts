import { seeded } from '../faults/random.ts'
import type { TestServer } from '../support/server.ts'

/** A request as it is sent: what is not to be found out is that it was meant. */
export interface Sent {
  readonly method: string
  readonly path: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  /** Asked for by somebody who may not: any success is one outside of their rights. */
  readonly denied?: boolean
  /** What no answer to it may hold. */
  readonly never?: RegExp
}

/** Makes requests of one kind, one after another. */
export type Maker = () => Sent

/** Everything random of a run: the same for the same seed. */
export interface Chance {
  /** Below 1. */
  next(): number
  below(limit: number): number
  pick<Item>(items: readonly Item[]): Item
  noise(length?: number): string
  /** A text with a piece cut out, doubled, turned round or replaced by noise. */
  broken(text: string): string
}

const ODD = [
  '%',
  '%00',
  '%2f',
  '%ff',
  '..',
  '//',
  '?',
  '&',
  '=',
  "'",
  '"',
  '{',
  '}',
  '[',
  '\\',
  '<',
  '>',
  '*',
  '$',
  ':',
]

export function chance(seed: number): Chance {
  const { whole } = seeded(seed)
  const next = () => whole(0, 2 ** 31 - 1) / 2 ** 31
  const below = (limit: number) => Math.floor(next() * limit)
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item
  const noise = (length = below(40)): string =>
    Array.from({ length }, () => (next() < 0.2 ? pick(ODD) : String.fromCharCode(33 + below(94)))).join('')
  const broken = (text: string): string => {
    const at = below(text.length + 1)
    const piece = text.slice(at, at + below(12))
    const rest = text.slice(at + piece.length)
    const ways = [
      '',
      piece + piece,
      [...piece].toReversed().join(''),
      noise(),
      piece.toUpperCase(),
      '\u0000',
      '[]',
      'null',
    ]
    return text.slice(0, at) + pick(ways) + rest
  }
  return { next, below, pick, noise, broken }
}

/** An application without any right. */
export async function addStranger(
  server: TestServer,
  name: string,
): Promise<{ readonly clientId: string; readonly secret: string }> {
  const { status, text, json } = await server.ask('/lazuli/principals', { method: 'POST', body: { name } })
  if (status >= 300) throw new Error(`no principal was made: ${text}`)
  return { clientId: json.appId, secret: json.secret }
}

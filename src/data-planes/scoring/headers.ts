import { hopByHop } from '../../hop-by-hop.ts'

/** Headers of a request that are the endpoint's business and not the model's: those of one hop, and what opens the door. */
const keptHere = new Set([...hopByHop, 'authorization', 'content-length', 'expect', 'host', 'x-request-id'])

/** Headers of an answer that this hop writes itself. */
const writtenHere = new Set([
  ...hopByHop,
  'azureml-model-deployment',
  'content-length',
  'date',
  'server',
  'x-ms-request-id',
  'x-request-id',
])

/** What of a request's raw headers the model sees. */
export const forModel = (raw: readonly string[], unpacked: boolean): string[] =>
  without(raw, (name) => keptHere.has(name) || (unpacked && name === 'content-encoding'))

/** What of the model's raw headers the caller sees. */
export const forCaller = (raw: readonly string[]): string[] => without(raw, (name) => writtenHere.has(name))

function without(raw: readonly string[], drops: (name: string) => boolean): string[] {
  const kept: string[] = []
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? ''
    if (!drops(name.toLowerCase())) kept.push(name, raw[at + 1] ?? '')
  }
  return kept
}

/** A header among raw ones. */
export function rawHeader(raw: readonly string[], wanted: string): string | undefined {
  for (let at = 0; at + 1 < raw.length; at += 2) if (raw[at]?.toLowerCase() === wanted) return raw[at + 1]
  return undefined
}

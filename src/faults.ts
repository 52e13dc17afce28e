import { armFaults } from './faults/arm.ts'
import { batchFaults } from './faults/batch.ts'
import { computeFaults } from './faults/compute.ts'
import { dependencyFaults } from './faults/dependencies.ts'
import { deploymentFaults } from './faults/deployments.ts'
import { endpointFaults } from './faults/endpoints.ts'
import { gatewayFaults } from './faults/gateway.ts'
import { graphFaults } from './faults/graph.ts'
import { identityFaults } from './faults/identity.ts'
import { machineLearningFaults } from './faults/machine-learning.ts'
import { monitorFaults } from './faults/monitor.ts'
import { resourceGraphFaults } from './faults/resource-graph.ts'
import { runFaults } from './faults/runs.ts'
import { scoringFaults } from './faults/scoring.ts'
import { simulationFaults } from './faults/simulation.ts'
import { storageFaults } from './faults/storage.ts'
import { vaultFaults } from './faults/vault.ts'
import type { JsonObject } from './json.ts'

/** A refusal's entry: the HTTP status, the code if it differs from the key, and the sentence with `{blanks}`. */
export interface FaultEntry {
  readonly status: number
  readonly code?: string
  readonly message: string
}

const catalogue = {
  ...armFaults,
  ...batchFaults,
  ...computeFaults,
  ...dependencyFaults,
  ...deploymentFaults,
  ...endpointFaults,
  ...gatewayFaults,
  ...graphFaults,
  ...identityFaults,
  ...machineLearningFaults,
  ...monitorFaults,
  ...resourceGraphFaults,
  ...runFaults,
  ...scoringFaults,
  ...simulationFaults,
  ...storageFaults,
  ...vaultFaults,
} as const satisfies Record<string, FaultEntry>

export type FaultCode = keyof typeof catalogue

type Blanks<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Blanks<Rest> : never
type Fill<Code extends FaultCode> = { readonly [Name in Blanks<(typeof catalogue)[Code]['message']>]: string | number }

/** One further problem under a fault, as Azure's `error.details` shows it. */
export interface FaultDetail {
  readonly code: string
  readonly message: string
  readonly target?: string
  /** Where in a query it stands, counted from 1, as Resource Graph tells it. */
  readonly line?: number
  readonly characterPositionInLine?: number
  readonly token?: string
  readonly expectedToken?: string
  /** What an inner refusal says of itself, as it came. */
  readonly details?: readonly JsonObject[]
  /** What a policy that refused found. */
  readonly additionalInfo?: readonly { readonly type: string; readonly info: JsonObject }[]
}

export interface FaultExtra {
  readonly details?: readonly FaultDetail[]
  readonly target?: string
  /** What ARM tells beside it, by kind: a policy's violation. */
  readonly additionalInfo?: readonly { readonly type: string; readonly info: JsonObject }[]
  /** Headers that belong to the refusal (`WWW-Authenticate`, `Retry-After`). */
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** A refusal that a caller may see. Anything else that is thrown is a 500: logged whole, told little. */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly key: FaultCode
  readonly code: string
  readonly status: number
  readonly extra: FaultExtra

  constructor(key: FaultCode, message: string, extra: FaultExtra = {}) {
    super(message, extra.cause === undefined ? undefined : { cause: extra.cause })
    const entry: FaultEntry = catalogue[key]
    this.key = key
    this.code = entry.code ?? key
    this.status = entry.status
    this.extra = extra
  }
}

/** Makes the refusal `key` with its blanks filled: a missing or an extra blank does not compile. */
export function fault<Code extends FaultCode>(
  key: Code,
  ...[fill, extra]: Blanks<(typeof catalogue)[Code]['message']> extends never
    ? [fill?: Record<string, never>, extra?: FaultExtra]
    : [fill: Fill<Code>, extra?: FaultExtra]
): Fault {
  const entry: FaultEntry = catalogue[key]
  const values: Readonly<Record<string, string | number>> = fill ?? {}
  const message = entry.message.replace(/\{(\w+)\}/g, (blank, name: string) => String(values[name] ?? blank))
  return new Fault(key, message, extra)
}

/** The sentence of a refusal that has no blanks. */
export const messageOf = (key: FaultCode): string => catalogue[key].message

export const isFault = (error: unknown): error is Fault => error instanceof Fault

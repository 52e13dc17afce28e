import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Model, Operation } from '../../src/arm/facts/facts.ts'

/** One service at one version, as read out of a client package. */
export interface Source {
  readonly version: string
  readonly operations: readonly Operation[]
  readonly models: Readonly<Record<string, Model>>
  readonly enums: Readonly<Record<string, readonly (string | number)[]>>
}

interface Raw extends Source {
  readonly apiVersion: string
  /** A version that differs from another one only in what `except` has. */
  readonly sameAs?: string
  readonly except?: Pick<Raw, 'models' | 'operations'>
}

/** All versions of a service that the folder has. */
export function factsIn(folder: string, service: string): readonly Source[] {
  return globSync(`${service}_*.json`, { cwd: folder })
    .sort()
    .map((file) => {
      const raw = read(folder, file)
      const whole = raw.sameAs === undefined ? raw : apply(read(folder, `${service}_${raw.sameAs}.json`), raw)
      return { version: raw.apiVersion, operations: whole.operations, models: whole.models, enums: whole.enums }
    })
}

const read = (folder: string, file: string): Raw => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Raw

function apply(base: Raw, { except }: Raw): Raw {
  const changed = except?.operations ?? []
  const same = (a: Operation, b: Operation): boolean => a.method === b.method && a.path === b.path
  return {
    ...base,
    models: { ...base.models, ...except?.models },
    operations: base.operations.map((operation) => changed.find((one) => same(one, operation)) ?? operation),
  }
}

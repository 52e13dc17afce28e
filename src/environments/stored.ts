import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { BuiltEnvironment } from './environments.ts'

/** current.json: which attempt at building an environment succeeded. */
export const Stored = Type.Object({
  attempt: Type.String(),
  interpreter: Type.Object({ executable: Type.String(), prefix: Type.String(), version: Type.String() }),
  scripts: Type.Record(Type.String(), Type.String()),
})
export type Stored = Static<typeof Stored>

/** The environment that stands in `folder`, or undefined where none was ever finished. */
export async function readStored(folder: string): Promise<BuiltEnvironment | undefined> {
  let text: string
  try {
    text = await readFile(join(folder, 'current.json'), 'utf8')
  } catch {
    return undefined
  }
  const record: unknown = JSON.parse(text)
  if (!Value.Check(Stored, record)) return undefined
  const { attempt, interpreter, scripts } = record
  const directory = join(folder, attempt)
  const minor = interpreter.version.split('.').slice(0, 2).join('.')
  return {
    directory,
    interpreter,
    scripts,
    sitePackages: join(directory, 'lib', `python${minor}`, 'site-packages'),
    readable: [directory, ...(isSystem(interpreter.prefix) ? [] : [interpreter.prefix])],
    variables: {},
    shown: [],
    notes: [],
  }
}

/** Jobs see these anyway. */
export const isSystem = (path: string): boolean => /^\/(usr|opt|bin|lib|nix\/store)(\/|$)/.test(path)

import { type Static, Type } from 'typebox'
import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt } from '../../json.ts'

/** A JSON patch (RFC 6902), as this service's clients send it. */
export const JsonPatch = Type.Array(
  Type.Object({ op: Type.String(), path: Type.String(), value: Type.Optional(Type.Any()) }),
)

/** What a field that may be changed holds: a text, texts by key, an object, or a list of objects. */
export type Field = 'text' | 'texts' | 'object' | 'objects'

const isText = (value: unknown): value is string => typeof value === 'string'
const fits: Readonly<Record<Field, (value: unknown) => boolean>> = {
  text: isText,
  texts: (value) => isObject(value) && Object.values(value).every(isText),
  object: isObject,
  objects: (value) => Array.isArray(value) && value.every(isObject),
}

/**
 * Applies a patch to the fields that may be changed: whole fields, and single keys of those that hold texts by key. A
 * field that is removed is null afterwards.
 *
 * @throws ParameterInvalid for another path, another operation than add, replace and remove, or a value that does not fit
 */
export function applyPatch(
  what: string,
  { known, fields }: { readonly known: JsonObject; readonly fields: Readonly<Record<string, Field>> },
  patch: Static<typeof JsonPatch>,
): JsonObject {
  const patched: Record<string, Json | undefined> = { ...known }
  for (const { op, path, value } of patch) {
    const [, field = '', key, ...deeper] = path.split('/').map(unescaped)
    const verb = op.toLowerCase()
    const kind = Object.hasOwn(fields, field) ? fields[field] : undefined
    const known = ['add', 'replace', 'remove'].includes(verb) && kind !== undefined && deeper.length === 0
    const refused = fault('ParameterInvalid', { reason: `A patch can't '${op}' '${path}' of ${what}.` })
    if (!known) throw refused
    if (key === undefined) {
      if (verb !== 'remove' && !fits[kind](value)) throw refused
      patched[field] = verb === 'remove' ? null : value
    } else if (kind === 'texts') {
      if (verb !== 'remove' && !isText(value)) throw refused
      const { [key]: _gone, ...others } = objectAt(patched[field])
      patched[field] = verb === 'remove' ? others : { ...others, [key]: value }
    } else throw refused
  }
  return patched
}

const unescaped = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~')

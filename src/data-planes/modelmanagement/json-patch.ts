import { type Static, Type } from 'typebox'
import { fault } from '../../faults.ts'
import { plainText } from '../../json.ts'

/** A JSON patch (RFC 6902), as this service's clients send it for a model. */
export const JsonPatch = Type.Array(
  Type.Object({ op: Type.String(), path: Type.String(), value: Type.Optional(Type.Any()) }),
)

export interface Patchable {
  readonly description: string
  readonly kvTags: Readonly<Record<string, string>>
  readonly properties: Readonly<Record<string, string>>
}

/**
 * Applies a patch to what may be changed of a model.
 *
 * @throws ParameterInvalid for another path, another operation than add, replace and remove, or a value that is no text
 */
export function applyPatch(known: Patchable, patch: Static<typeof JsonPatch>): Patchable {
  const maps = { kvTags: { ...known.kvTags }, properties: { ...known.properties } }
  let description = known.description
  for (const { op, path, value } of patch) {
    const [, field = '', key] = path.split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    const verb = op.toLowerCase()
    const refuse = (): never => {
      throw fault('ParameterInvalid', { reason: `A patch can't '${op}' '${path}' of a model.` })
    }
    if (verb !== 'add' && verb !== 'replace' && verb !== 'remove') refuse()
    const isText = typeof value === 'string'
    if (field === 'description' && key === undefined) {
      if (verb !== 'remove' && !isText) refuse()
      description = verb === 'remove' ? '' : plainText(value)
    } else if ((field === 'kvTags' || field === 'properties') && key !== undefined) {
      if (verb === 'remove') delete maps[field][key]
      else if (isText) maps[field][key] = value
      else refuse()
    } else refuse()
  }
  return { description, ...maps }
}

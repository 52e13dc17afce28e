import { fault } from '../faults.ts'
import { type JsonObject, textAt } from '../json.ts'
import { parseResourceId, type ResourceId } from '../resource-id.ts'
import type { Repositories } from '../store/store.ts'
import type { Reference } from './define-resource.ts'
import { getKept } from './kept.ts'
import { valuesAt } from './paths.ts'
import type { RegisteredType, Registry } from './registry.ts'

/**
 * Demands that what a body refers to is there and of the right type. An id without its leading slash is fine: the
 * article writes one.
 *
 * @throws LinkedPropertyRequired, LinkedInvalidPropertyId, LinkedResourceMissing
 */
export async function checkReferences(
  registry: Registry,
  from: Repositories,
  references: readonly Reference[],
  body: JsonObject,
): Promise<void> {
  for (const { path, type, required } of references) {
    const found = valuesAt(body, path).filter(({ value }) => value !== null && value !== '')
    if (required && found.length === 0) throw fault('LinkedPropertyRequired', { path, type })
    for (const { path: at, value } of found) {
      const text = textAt(value) ?? JSON.stringify(value)
      const id = parseResourceId(text)
      if (id?.type.toLowerCase() !== type.toLowerCase()) {
        throw fault('LinkedInvalidPropertyId', { id: text, path: at, type }, { target: at })
      }
      if (!(await getKept(from, registry.type(id.type), id))) {
        throw fault('LinkedResourceMissing', { id: text, path: at }, { target: at })
      }
    }
  }
}

/** The ids that a body refers to, by its type's declaration. */
export const referredIds = ({ declaration }: RegisteredType, body: JsonObject): readonly ResourceId[] =>
  (declaration.references ?? [])
    .flatMap(({ path }) => valuesAt(body, path))
    .flatMap(({ value }) => (typeof value === 'string' ? (parseResourceId(value) ?? []) : []))

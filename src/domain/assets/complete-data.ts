import { type JsonObject, textAt } from '../../json.ts'
import { resolveReadable } from '../datastores/resolve-uri.ts'
import type { Deps } from '../deps.ts'
import { mltablePaths } from './check-mltable.ts'
import { textIn } from './read-text.ts'

/**
 * A data asset with what its bytes tell: an MLTable is checked where its file is there already, and names what it reads
 * (`referencedUris`).
 *
 * @throws AssetInvalid
 */
export async function completeData(deps: Deps, owner: string, properties: JsonObject): Promise<JsonObject> {
  const uri = textAt(properties.dataUri) ?? ''
  if (textAt(properties.dataType)?.toLowerCase() !== 'mltable') return properties
  const place = await resolveReadable(deps.store, owner, uri)
  // Whether a container of elsewhere is public is found out by the job that reads it.
  if (!place || place.anonymous) return properties
  const text = await textIn(deps, place, 'MLTable')
  if (text === undefined) return properties
  const sent = Array.isArray(properties.referencedUris) ? properties.referencedUris : []
  const base = uri.endsWith('/') ? uri : `${uri}/`
  const found = mltablePaths(text).map((path) => (/^[a-z]+:\/\//i.test(path) ? path : base + path.replace(/^\.\//, '')))
  return { ...properties, referencedUris: sent.length > 0 ? sent : found }
}

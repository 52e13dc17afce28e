import { type JsonObject, textAt } from '../../json.ts'
import { resolveUri } from '../datastores/resolve-uri.ts'
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
  const place = await resolveUri(deps.store, owner, uri)
  const text = place && (await textIn(deps, place, 'MLTable'))
  if (text === undefined) return properties
  const sent = Array.isArray(properties.referencedUris) ? properties.referencedUris : []
  const base = uri.endsWith('/') ? uri : `${uri}/`
  const found = mltablePaths(text).map((path) => (/^[a-z]+:\/\//i.test(path) ? path : base + path.replace(/^\.\//, '')))
  return { ...properties, referencedUris: sent.length > 0 ? sent : found }
}

import { findBlob, refuseMissing } from '../../blobs/blob-reads.ts'
import { change } from '../../blobs/blob-writes.ts'
import { demandForRead } from '../../blobs/conditions.ts'
import { findByTags } from '../../blobs/tagged.ts'
import { fault } from '../../faults.ts'
import { answer, answerXml } from './answers.ts'
import { blobOf, type Call, header } from './call.ts'
import { readLimit } from './list.ts'
import type { GrantedCall, Plane } from './plane.ts'
import { receiveText } from './receive-body.ts'
import { readConditions } from './request-headers.ts'
import { tagSet } from './tag-set.ts'
import { childOf, element, escaped, parseXml, XML } from './xml.ts'

const TAGS = 10
const DOCUMENT_BYTES = 64 * 1024
const ALLOWED = /^[A-Za-z0-9 +\-./:=_]*$/

type Tags = Readonly<Record<string, string>>

/** Tags that come with a write, as a query. @throws InvalidTag, BlobTagsTooMany */
export function readTags(call: Call): { readonly tags?: Tags } {
  const text = header(call, 'x-ms-tags')
  if (text === undefined || text === '') return {}
  return { tags: demandTags([...new URLSearchParams(text)]) }
}

/** @throws InvalidTag, BlobTagsTooMany */
function demandTags(pairs: readonly (readonly [string, string])[]): Tags {
  if (pairs.length > TAGS) throw fault('BlobTagsTooMany')
  const tags: Record<string, string> = {}
  for (const [key, value] of pairs) {
    if (key.length < 1 || key.length > 128) throw fault('InvalidTag', { reason: 'a key has 1 to 128 characters' })
    if (value.length > 256) throw fault('InvalidTag', { reason: 'a value has at most 256 characters' })
    if (!(ALLOWED.test(key) && ALLOWED.test(value))) {
      throw fault('InvalidTag', { reason: 'letters, digits, spaces and + - . / : = _ are allowed' })
    }
    if (Object.hasOwn(tags, key)) throw fault('InvalidTag', { reason: 'a key may be given once' })
    Object.defineProperty(tags, key, { value, enumerable: true })
  }
  return tags
}

/** Set Blob Tags: in place of all that there are. The entity tag stays. */
export async function setTags(plane: Plane, call: GrantedCall): Promise<void> {
  const set = childOf(parseXml(await receiveText(plane, call, DOCUMENT_BYTES)), 'TagSet')
  if (!set) throw fault('InvalidXmlDocument')
  const tags = demandTags(
    set.children.map((tag): [string, string] => [childOf(tag, 'Key')?.text ?? '', childOf(tag, 'Value')?.text ?? '']),
  )
  const at = blobOf(call)
  if (at.snapshot !== undefined || at.version !== undefined) {
    throw fault('NotImplementedHere', { operation: 'Setting the tags of a snapshot or version' })
  }
  await change(
    plane.core,
    at,
    readConditions(call),
    (blob) => {
      const { tags: _before, ...state } = blob.state
      return { ...blob, state: { ...state, ...(Object.keys(tags).length > 0 && { tags }) } }
    },
    { keepsEtag: true },
  )
  answer(call, 204)
}

/** Get Blob Tags. */
export async function getTags({ core }: Plane, call: GrantedCall): Promise<void> {
  const at = blobOf(call)
  const blob = (await findBlob(core, at)) ?? (await refuseMissing(core, at))
  demandForRead(blob, readConditions(call), { now: core.now().getTime() })
  answerXml(call, `${XML}<Tags>${tagSet(blob.state.tags)}</Tags>`)
}

/** Find Blobs by Tags, in the account or a container. */
export async function findBlobs({ core }: Plane, call: GrantedCall): Promise<void> {
  const where = call.query.get('where') ?? ''
  if (where === '') throw fault('MissingRequiredQueryParameter', { parameter: 'where' })
  const page = await findByTags(core, call.account.name, {
    where,
    container: call.container,
    marker: call.query.get('marker') ?? '',
    limit: readLimit(call),
  })
  const blobs = page.items.map(
    ({ container, name, tags }) =>
      `<Blob>${element('Name', name)}${element('ContainerName', container)}<Tags>${tagSet(tags)}</Tags></Blob>`,
  )
  answerXml(
    call,
    `${XML}<EnumerationResults ServiceEndpoint="${escaped(call.context.origin.blob(call.account.name))}/">${element('Where', where)}<Blobs>${blobs.join('')}</Blobs>${element('NextMarker', page.next)}</EnumerationResults>`,
  )
}

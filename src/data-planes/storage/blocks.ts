import { appendBlock as append } from '../../blobs/appends.ts'
import { commitBlocks, demandBlockId, type ListedBlock, listBlocks, putBlock as put } from '../../blobs/blocks.ts'
import { fault } from '../../faults.ts'
import { answer, answerXml, stampHeaders, versionHeaders } from './answers.ts'
import { blobOf, header } from './call.ts'
import type { GrantedCall, Plane } from './plane.ts'
import { bodyChecksums, missing, NOT_ENCRYPTED, receiveBody, receiveDocument, writeConditions } from './receive-body.ts'
import { readAppendConditions, readConditions, readMetadata, readProperties } from './request-headers.ts'
import { receiveFromUrl } from './source.ts'
import { readTags } from './tags.ts'
import { element, parseXml, XML } from './xml.ts'

const MIB = 1024 * 1024
const BLOCK_BYTES = 4000 * MIB
const APPEND_BYTES = 100 * MIB
/** 50,000 entries of the longest ids. */
const LIST_BYTES = 8 * MIB
const LISTED_BLOCKS = 50_000

/** Put Block. */
export async function putBlock(plane: Plane, call: GrantedCall): Promise<void> {
  const block = call.query.get('blockid')
  if (block === undefined) throw fault('MissingRequiredQueryParameter', { parameter: 'blockid' })
  demandBlockId(block)
  const { lease } = readConditions(call)
  const received =
    header(call, 'x-ms-copy-source') === undefined
      ? await receiveBody(plane, call, { limit: BLOCK_BYTES })
      : await receiveFromUrl(plane, call, { limit: BLOCK_BYTES })
  await put(plane.core, blobOf(call), { block, lease }, received)
  answer(call, 201, { ...bodyChecksums(received), ...NOT_ENCRYPTED })
}

/** Put Block List. */
export async function putBlockList(plane: Plane, call: GrantedCall): Promise<void> {
  const conditions = writeConditions(call)
  const metadata = readMetadata(call)
  const properties = readProperties(call, { plainToo: false })
  const { text, received } = await receiveDocument(plane, call, LIST_BYTES)
  const list = readBlockList(text)
  const blob = await commitBlocks(plane.core, blobOf(call), list, {
    metadata,
    properties,
    conditions,
    ...readTags(call),
  })
  answer(call, 201, { ...stampHeaders(blob), ...versionHeaders(blob), ...bodyChecksums(received), ...NOT_ENCRYPTED })
}

function readBlockList(text: string): readonly ListedBlock[] {
  const root = parseXml(text)
  if (root.name !== 'BlockList') throw fault('InvalidXmlDocument')
  if (root.children.length > LISTED_BLOCKS) throw fault('BlockListTooLong')
  return root.children.map(({ name, text: block }) => {
    if (name !== 'Committed' && name !== 'Uncommitted' && name !== 'Latest') throw fault('InvalidXmlDocument')
    demandBlockId(block)
    return { from: name, block }
  })
}

/** Get Block List. */
export async function getBlockList({ core }: Plane, call: GrantedCall): Promise<void> {
  const asked = (call.query.get('blocklisttype') ?? 'committed').toLowerCase()
  if (asked !== 'committed' && asked !== 'uncommitted' && asked !== 'all') throw fault('InvalidQueryParameterValue')
  const { blob, committed, uncommitted } = await listBlocks(core, blobOf(call))
  const part = (name: string, blocks: readonly { block: string; size: number }[]): string => {
    const inside = blocks.map((one) => `<Block>${element('Name', one.block)}${element('Size', one.size)}</Block>`)
    return inside.length === 0 ? `<${name} />` : `<${name}>${inside.join('')}</${name}>`
  }
  const parts = [
    asked === 'uncommitted' ? '' : part('CommittedBlocks', committed),
    asked === 'committed' ? '' : part('UncommittedBlocks', uncommitted),
  ]
  answerXml(call, `${XML}<BlockList>${parts.join('')}</BlockList>`, {
    'x-ms-blob-content-length': blob?.size ?? 0,
    ...(blob && stampHeaders(blob)),
  })
}

/** Append Block. */
export async function appendBlock(plane: Plane, call: GrantedCall): Promise<void> {
  const conditions = readAppendConditions(call)
  const isUrl = header(call, 'x-ms-copy-source') !== undefined
  if (!isUrl && header(call, 'content-length') === '0') throw missing('Content-Length')
  const received = isUrl
    ? await receiveFromUrl(plane, call, { limit: APPEND_BYTES })
    : await receiveBody(plane, call, { limit: APPEND_BYTES })
  const { offset, blob } = await append(plane.core, blobOf(call), received, conditions)
  answer(call, 201, {
    ...stampHeaders(blob),
    ...bodyChecksums(received),
    ...NOT_ENCRYPTED,
    'x-ms-blob-append-offset': offset,
    'x-ms-blob-committed-block-count': blob.blocks,
  })
}

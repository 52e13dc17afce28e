import { randomUUID } from 'node:crypto'
import { replace } from '../../../blobs/blob-writes.ts'
import { contentAsSegments, dropPiece } from '../../../blobs/contents.ts'
import { copySource } from '../../../blobs/copies.ts'
import { demandPlace } from '../../../blobs/paths/share-files.ts'
import { answer, stampHeaders } from '../answers.ts'
import { blobOf } from '../call.ts'
import type { GrantedCall, Plane } from '../plane.ts'
import { hasMetadata, readConditions, readMetadata } from '../request-headers.ts'
import { readableSource } from '../source.ts'
import { newFacts, readFacts } from './file-headers.ts'

/** Copy File: of a file or blob of this install, done when it is answered. */
export async function copyFile(plane: Plane, call: GrantedCall): Promise<void> {
  const { core } = plane
  const id = randomUUID()
  const { at: from, url } = await readableSource(plane, call)
  const at = blobOf(call)
  const source = await copySource(core, from, at.account, readConditions(call, 'x-ms-source-'))
  const facts = readFacts(call, newFacts(core.nextEtag()), core.now().getTime())
  const made = await source.keeping(() =>
    replace(
      core,
      at,
      {
        properties: {},
        metadata: {},
        conditions: readConditions(call),
        async before(rows) {
          await demandPlace(rows, at)
          await source.share(rows)
        },
      },
      async (rows, blank, free) => {
        if (free !== undefined) await dropPiece(rows, free)
        const { shared, size, properties, metadata } = source.row()
        const content = await contentAsSegments(rows, { ...shared, size })
        return {
          ...blank,
          kind: 'PageBlob',
          size,
          content,
          metadata: hasMetadata(call) ? readMetadata(call) : metadata,
          properties: { ...properties, copy: { id, source: url, at: blank.modifiedAt } },
          state: { ...blank.state, file: facts },
        }
      },
    ),
  )
  answer(call, 202, { ...stampHeaders(made), 'x-ms-copy-id': id, 'x-ms-copy-status': 'success' })
}

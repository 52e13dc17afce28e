import { createHash, type Hash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import type { Asked } from './remote-md5.ts'

/** The thread that computes checksums of large uploads: a second core does it while the first takes in the bytes. */
const hashes = new Map<number, Hash>()

parentPort?.on('message', ({ upload, slab, length }: Asked) => {
  const known = hashes.get(upload) ?? createHash('md5')
  if (slab) {
    hashes.set(upload, known.update(new Uint8Array(slab, 0, length)))
    parentPort?.postMessage({ upload })
    return
  }
  hashes.delete(upload)
  parentPort?.postMessage({ upload, digest: known.digest('base64') })
})

import { join } from 'node:path'
import type { BlobChecks } from '../store/blob-checks.ts'
import type { BlobRows } from '../store/blobs.ts'
import { examineBlobs, type Finding } from './doctor.ts'
import { pieceFiles } from './piece-files.ts'

/** Examines the blobs of a data directory that no server has open. */
export async function* examineDirectory(options: {
  readonly directory: string
  readonly rows: BlobRows & BlobChecks
  readonly repair: boolean
}): AsyncGenerator<Finding> {
  const files = await pieceFiles(join(options.directory, 'blobs'))
  try {
    yield* examineBlobs({ rows: options.rows, files, repair: options.repair })
  } finally {
    await files.close()
  }
}

import { base } from './001-base.ts'
import { blobs } from './002-blobs.ts'
import { bodyValues } from './003-body-values.ts'
import { newestFirst } from './004-newest-first.ts'
import { vaults } from './005-vaults.ts'
import { blobHistory } from './006-blob-history.ts'
import { activities } from './007-activities.ts'
import { runContents } from './008-run-contents.ts'
import { directory } from './009-directory.ts'
import { dataKeys } from './010-data-keys.ts'
import { samples } from './011-samples.ts'
import { sealedPieces } from './012-sealed-pieces.ts'
import { metricsApart } from './013-metrics-apart.ts'
import { runValues } from './014-run-values.ts'
import { documents } from './015-documents.ts'
import { runRecords } from './016-run-records.ts'
import { pendingPoints } from './017-pending-points.ts'
import { runStarts } from './018-run-starts.ts'
import type { Migration } from './migration.ts'

/** Every step of the schema, in order. A new one is a file beside this and a line here. */
export const migrations: readonly Migration[] = [
  base,
  blobs,
  bodyValues,
  newestFirst,
  vaults,
  blobHistory,
  activities,
  runContents,
  directory,
  dataKeys,
  samples,
  sealedPieces,
  metricsApart,
  runValues,
  documents,
  runRecords,
  pendingPoints,
  runStarts,
]

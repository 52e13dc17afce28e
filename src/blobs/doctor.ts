import { stat } from 'node:fs/promises'
import type { BlobChecks, CountedPiece, NamedBlob } from '../store/blob-checks.ts'
import type { BlobRows } from '../store/blobs.ts'
import { dropSegments, piecesOf } from './contents.ts'
import type { PieceFiles } from './piece-files.ts'

/** Something that does not agree. */
export interface Finding {
  /** What it costs: `lost` is bytes that are not there any more, `untidy` hurts nobody. */
  readonly kind: 'lost' | 'untidy'
  readonly text: string
  /** Set once it was put right. */
  readonly repaired: boolean
}

export interface Examined {
  readonly rows: BlobRows & BlobChecks
  readonly files: Pick<PieceFiles, 'path' | 'list' | 'remove'>
  /** Puts right what can be put right without losing anything that a client was told is safe. */
  readonly repair: boolean
}

const PAGE = 1000
/** So many of each kind are told one by one. */
const TOLD = 100

/**
 * Compares what the database says of the blobs with itself and with the files. No server may run meanwhile.
 *
 * Lost bytes are told and left: the row still says whose they were. Counts, leftovers and the index of tags are put
 * right where that is asked for.
 */
export async function* examineBlobs({ rows, files, repair }: Examined): AsyncGenerator<Finding> {
  const lost = (text: string): Finding => ({ kind: 'lost', text, repaired: false })
  const untidy = (text: string): Finding => ({ kind: 'untidy', text, repaired: repair })

  for (const text of await rows.integrity()) yield lost(`The database file is damaged: ${text}`)
  for (const blob of await rows.withoutPiece(TOLD)) yield lost(`${told(blob)} names bytes that are not there`)
  for (const blob of await rows.misjoined(TOLD)) yield lost(`${told(blob)} is not as long as its parts`)
  for (const content of await rows.strayContents(TOLD)) {
    if (repair) await removeStray(rows, content)
    yield untidy(`The parts of content ${content} belong to no blob`)
  }
  for (const { container, name } of await rows.mistagged(TOLD)) {
    if (repair) await rows.putTags(container, name, (await rows.blob(container, name))?.state.tags)
    yield untidy(`The index of tags does not say what '${name}' says`)
  }
  const known = new Set<string>()
  for await (const piece of allPieces(rows)) {
    if (piece.file !== undefined) known.add(piece.file)
    const problem = piece.isGarbage || piece.named === 0 ? undefined : await bytesOf(piece, files)
    if (problem !== undefined) yield lost(`${told(await rows.ownerOf(piece.id))}: ${problem}`)
    if (isMiscounted(piece)) {
      if (repair) await recount(rows, piece)
      yield untidy(`Piece ${piece.id} is named ${piece.named} times and counted ${piece.refs} times`)
    }
  }
  for await (const file of files.list()) {
    if (known.has(file)) continue
    if (repair) await files.remove(file)
    yield untidy(`No blob has the file ${file}`)
  }
}

async function* allPieces(rows: BlobChecks): AsyncGenerator<CountedPiece> {
  for (let after = 0; ; ) {
    const page = await rows.pieces(after, PAGE)
    yield* page
    const last = page.at(-1)
    if (!last || page.length < PAGE) return
    after = last.id
  }
}

/** A piece that nobody names waits for the collector, or is to. */
const isMiscounted = ({ refs, named, isGarbage }: CountedPiece): boolean =>
  named === 0 ? refs > 0 || !isGarbage : refs !== named || isGarbage

async function recount(rows: BlobRows & BlobChecks, { id, named }: CountedPiece): Promise<void> {
  await rows.setRefs(id, named)
  if (named === 0) await rows.addGarbage(id)
  else await rows.removeGarbage(id)
}

async function removeStray(rows: BlobRows & BlobChecks, content: number): Promise<void> {
  const named = await piecesOf(rows, content)
  await rows.removeContent(content)
  for (const [piece, times] of named) await dropSegments(rows, piece, times)
}

/** What is wrong with a piece's bytes; undefined where nothing is. */
async function bytesOf(piece: CountedPiece, files: Pick<PieceFiles, 'path'>): Promise<string | undefined> {
  if (piece.file === undefined) {
    return piece.inRow === piece.size ? undefined : `${piece.inRow ?? 0} bytes are there of ${piece.size}`
  }
  try {
    const { size } = await stat(files.path(piece.file))
    return size === piece.size ? undefined : `its file ${piece.file} has ${size} bytes instead of ${piece.size}`
  } catch {
    return `its file ${piece.file} is not there`
  }
}

const told = (blob: NamedBlob | undefined): string =>
  blob
    ? `${blob.account}/${blob.container}/${blob.name}${blob.stamp === undefined ? '' : ` as of ${blob.stamp}`}`
    : 'A block that waits for its list'

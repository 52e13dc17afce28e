import { createWriteStream } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Blobs } from '../../blobs/blobs.ts'
import { isFault } from '../../faults.ts'
import type { BlobLocation, JobInput, JobOutput } from '../engine.ts'
import { evaluateTable } from './mltable.ts'
import { PreparationFailed } from './preparation-failed.ts'

/** Names come from strangers and become parts of paths. */
function folderName(prefix: string, name: string): string {
  if (!/^[A-Za-z_][\w.-]{0,254}$/.test(name) || name.includes('..'))
    throw new PreparationFailed('UserError', `'${name}' is no valid name of an input or output.`)
  return `${prefix}${name}`
}

/**
 * Puts an input below `folder` and returns what stands for it: its path below `folder`, or the text itself.
 *
 * `ro_mount` is a copy like `download`: a job can change it without changing stored bytes.
 *
 * @throws PreparationFailed
 */
export async function placeInput(
  blobs: Blobs,
  input: JobInput,
  folder: string,
): Promise<{ readonly text: string } | { readonly path: string }> {
  if (input.type === 'literal' || input.mode === 'direct') return { text: input.value }
  const place = folderName('INPUT_', input.name)
  const source = input.source
  if (!source) return { path: await fetchForeign(input, folder, place) }
  if (source.anonymous && !(await blobs.isPublic(source)))
    throw new PreparationFailed(
      'UserError',
      `Input '${input.name}': no datastore of the workspace lies on the account '${source.account}', and its container '${source.container}' is not public.`,
    )
  // A model may be one file or a folder of them; what is stored says which. A lone file keeps its name.
  const stored = source.path === '' ? undefined : await blobs.info(source)
  const path = stored && stored.metadata.hdi_isfolder !== 'true' ? join(place, basename(source.path)) : place
  const target = join(folder, path)
  await mkdir(dirname(target), { recursive: true })
  await materialise(blobs, source, target, `Input '${input.name}': nothing is stored at ${input.value}.`)
  const found = await stat(target)
  if (input.type === 'uri_file' && !found.isFile())
    throw new PreparationFailed('UserError', `Input '${input.name}' is a uri_file, but ${input.value} is a folder.`)
  if (input.mode === 'eval_mount' || input.mode === 'eval_download') await evaluateTable(input.name, target)
  return { path }
}

/** Puts stored bytes at `target`. @throws PreparationFailed with `missing` where there are none */
export async function materialise(blobs: Blobs, source: BlobLocation, target: string, missing: string): Promise<void> {
  try {
    await blobs.materialise(source, target)
  } catch (cause) {
    if (isFault(cause) && /^(Blob|Container)NotFound$/.test(cause.key))
      throw new PreparationFailed('UserError', missing, cause)
    throw cause
  }
}

/** Data that lies elsewhere: a plain file over HTTPS. Anything else is refused and not guessed at. */
async function fetchForeign(input: JobInput, folder: string, place: string): Promise<string> {
  if (!/^https?:\/\//i.test(input.value) || input.type !== 'uri_file')
    throw new PreparationFailed('UserError', `Input '${input.name}': ${input.value} can't be read from here.`)
  const name = basename(new URL(input.value).pathname) || 'data'
  await mkdir(join(folder, place), { recursive: true })
  try {
    const answer = await fetch(input.value, { signal: AbortSignal.timeout(600_000) })
    if (!answer.ok || !answer.body) throw new Error(`it answered ${answer.status}`)
    await pipeline(Readable.fromWeb(answer.body), createWriteStream(join(folder, place, name)))
  } catch (cause) {
    const why = cause instanceof Error ? ((cause.cause as Error | undefined)?.message ?? cause.message) : String(cause)
    throw new PreparationFailed(
      'UserError',
      `Input '${input.name}': ${input.value} could not be downloaded: ${why}.`,
      cause,
    )
  }
  return join(place, name)
}

/**
 * Makes the place of an output below `folder` and returns its path there; one that the job writes itself is its URI.
 *
 * @throws PreparationFailed
 */
export async function placeOutput(
  output: JobOutput,
  folder: string,
): Promise<{ readonly text: string } | { readonly path: string }> {
  if (output.mode === 'direct') return { text: output.uri ?? '' }
  const path = folderName('', output.name)
  const isFolder = output.type !== 'uri_file'
  await mkdir(isFolder ? join(folder, path) : dirname(join(folder, path)), { recursive: true })
  return { path }
}

import { createHash } from 'node:crypto'
import type { BlobInfo, Blobs } from '../../blobs/blobs.ts'
import type { BlobLocation, EnvironmentSpec, JobSpec } from '../../compute/engine.ts'
import type { JsonObject } from '../../json.ts'
import type { RunContent } from '../../store/runs.ts'

/**
 * What a step's outcome follows from, part by part, each by its content: so that code which was uploaded again, or data
 * which another step wrote anew to the byte, counts as the same.
 */
export async function contentOf(
  blobs: Blobs,
  family: string,
  spec: Omit<JobSpec, 'id' | 'workspace' | 'run' | 'artifacts'>,
  outputs: JsonObject,
): Promise<RunContent> {
  const parts: Record<string, string> = {
    command: spec.command,
    environment: await environmentContent(blobs, spec.environment),
    ...(spec.code && { code: await bytesContent(blobs, spec.code) }),
    ...(spec.distribution && { distribution: JSON.stringify(spec.distribution) }),
    ...(spec.instanceCount > 1 && { instances: String(spec.instanceCount) }),
  }
  for (const [name, value] of Object.entries(spec.driver?.settings ?? {})) parts[`'${name}'`] = JSON.stringify(value)
  for (const [name, value] of Object.entries(spec.variables)) parts[`variable '${name}'`] = value
  for (const { name, type, value, source } of spec.inputs) {
    parts[`input '${name}'`] = source ? `${type} ${await bytesContent(blobs, source)}` : `${type} ${value}`
  }
  for (const [name, output] of Object.entries(outputs)) parts[`output '${name}'`] = JSON.stringify(output)
  const key = digest(JSON.stringify(Object.entries(parts).sort(([a], [b]) => (a < b ? -1 : 1))))
  return { family, key, parts }
}

async function environmentContent(
  blobs: Blobs,
  { image, condaFile, buildContext, dockerfilePath }: EnvironmentSpec,
): Promise<string> {
  const context = buildContext && (await bytesContent(blobs, buildContext))
  return digest(JSON.stringify([image, condaFile, context, dockerfilePath]))
}

/** The bytes of a blob, or of all blobs of a folder with their names. */
async function bytesContent(blobs: Blobs, at: BlobLocation): Promise<string> {
  const hash = createHash('sha256')
  const own = await standingAt(blobs, at)
  if (own && !isFolder(own)) return hash.update(own.md5 ?? own.etag).digest('hex')
  let found = own !== undefined
  for await (const { name, size, md5, etag } of folder(blobs, at)) {
    hash.update(`${name}\n${size}\n${md5 ?? etag}\n`)
    found = true
  }
  // An empty folder is something: a step that wants it can run, one that finds nothing can't.
  return found ? hash.digest('hex') : 'nothing'
}

/** What stands at a place itself: a blob, or the mark of a folder, which no trailing slash hides. */
export async function standingAt(blobs: Blobs, at: BlobLocation): Promise<BlobInfo | undefined> {
  const path = at.path.replace(/\/+$/, '')
  const own = path === '' ? undefined : await blobs.info({ ...at, path })
  return own && (path === at.path || isFolder(own)) ? own : undefined
}

const isFolder = ({ metadata }: BlobInfo): boolean => metadata.hdi_isfolder === 'true'

/** The blobs of a folder, their names from it on. */
export async function* folder(blobs: Blobs, at: BlobLocation) {
  const path = at.path === '' ? '' : `${at.path.replace(/\/+$/, '')}/`
  let after: string | undefined
  do {
    const page = await blobs.list({ ...at, path }, after === undefined ? {} : { after })
    for (const item of page.items) yield { ...item, name: item.name.slice(path.length) }
    after = page.next
  } while (after !== undefined)
}

/** In what two contents differ, in words. */
export function differences(now: RunContent, then: RunContent): readonly string[] {
  const names = [...new Set([...Object.keys(now.parts), ...Object.keys(then.parts)])]
  return names.flatMap((name) => {
    const [a, b] = [now.parts[name], then.parts[name]]
    if (a === b) return []
    if (a === undefined) return [`${name} is gone`]
    if (b === undefined) return [`${name} is new`]
    const said =
      name === 'code' || name === 'environment' || /^\w+ [0-9a-f]{64}$/.test(a)
        ? ''
        : ` (${short(b)} before, ${short(a)} now)`
    return [`${name} differs${said}`]
  })
}

const short = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text)
const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

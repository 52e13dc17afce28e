import { Readable } from 'node:stream'
import { fault } from '../faults.ts'
import { targetOf } from './hosts.ts'
import type { Documents } from './surface.ts'

const MOST_BYTES = 4 * 1024 * 1024
const PATIENCE_MS = 30_000

export interface DocumentDeps {
  /** Whether a storage account is here: the blobs of others are not asked for. */
  readonly accountExists: (account: string) => Promise<boolean>
  /** This server's own origin, once it listens. */
  readonly ownUrl: () => string
}

/**
 * Reads blobs of the storage accounts that are here, by their URIs alone: through the same door as any client, so that
 * a SAS or a public container decides. What lies elsewhere is not fetched: whoever may deploy would else reach, with
 * this server's eyes, what only it can see.
 */
export function blobDocuments({ accountExists, ownUrl }: DocumentDeps): Documents {
  /** The blob's path on the own origin, or undefined where it is no blob of an account that is here. */
  async function ownPath(uri: string): Promise<string | undefined> {
    const url = URL.parse(uri)
    if (!url || !/^https?:$/.test(url.protocol)) return undefined
    if (url.origin === new URL(ownUrl()).origin || isLocal(url, ownUrl())) {
      return url.pathname.startsWith('/_blob/') ? `${url.pathname}${url.search}` : undefined
    }
    const target = targetOf(url.hostname)
    if (target?.surface !== 'blob' || !(await accountExists(target.name))) return undefined
    return `/_blob/${target.name}${url.pathname}${url.search}`
  }

  return {
    async read(uri) {
      const path = await ownPath(uri)
      if (path === undefined) {
        throw fault('DocumentNotHere', { reason: 'only blobs of storage accounts that are here are read' })
      }
      const response = await fetch(`${ownUrl()}${path}`, {
        redirect: 'error',
        signal: AbortSignal.timeout(PATIENCE_MS),
        headers: { 'x-ms-version': '2021-12-02' },
      })
      if (response.status !== 200 || !response.body) {
        await response.body?.cancel()
        const code = response.headers.get('x-ms-error-code') ?? 'no code'
        throw fault('DocumentNotHere', { reason: `the storage account answered ${response.status} (${code})` })
      }
      const parts: Buffer[] = []
      let size = 0
      for await (const part of Readable.fromWeb(response.body)) {
        size += part.length
        if (size > MOST_BYTES) throw fault('DocumentNotHere', { reason: `it is larger than ${MOST_BYTES} bytes` })
        parts.push(Buffer.from(part))
      }
      return Buffer.concat(parts).toString('utf8')
    },
  }
}

/** `localhost` and `127.0.0.1` with this server's port are this server. */
const isLocal = (url: URL, own: string): boolean =>
  ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname) && url.port === new URL(own).port

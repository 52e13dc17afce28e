import { Readable } from 'node:stream'
import { isDeepStrictEqual } from 'node:util'
import type { BlobLocation } from '../compute/engine.ts'
import { fault, isFault } from '../faults.ts'
import type { BlobRow } from '../store/blobs.ts'
import type { StorageAccounts } from './accounts.ts'
import { appendBlock } from './appends.ts'
import { openBlob } from './blob-reads.ts'
import { createAppendBlob, putBlob } from './blob-writes.ts'
import type { BlobInfo, Blobs } from './blobs.ts'
import { commitBlocks } from './blocks.ts'
import { createContainer, removeContainer, setContainerAccess, setContainerMetadata } from './containers.ts'
import { containerFor, dropBlocks } from './contents.ts'
import type { BlobAddress, Core } from './core.ts'
import { removeBlob } from './deletes.ts'
import { filesOf, materialise, openPlainFile } from './folders.ts'
import { isLocked, leasePhase } from './leases.ts'
import { listBlobs } from './listing.ts'
import { fileAccount } from './names.ts'
import { makePath } from './paths/make-path.ts'
import { normalPath } from './paths/parents.ts'
import { receive } from './receive.ts'
import { serviceSas } from './sas.ts'

/** A SAS is valid from a little before it is made: a client's clock may be behind. */
const BEFORE_MS = 5 * 60 * 1000
const UNLIMITED = Number.MAX_SAFE_INTEGER

/** The blob service for the rest of the server: the same core as on the wire, without HTTP. */
export function localBlobs(core: Core, accounts: StorageAccounts): Blobs {
  const write: Blobs['write'] = async (at, body, { contentType = contentTypeOf(at.path) } = {}) => {
    const source = typeof body === 'string' ? Buffer.from(body) : body
    const address = addressOf(at)
    const seal = core.seals.begin(address.account)
    const received = await receive(source, core.files, { limit: UNLIMITED, md5: true, seal })
    const contentMd5 = received.md5
    const properties = { contentType, ...(contentMd5 !== undefined && { contentMd5 }) }
    return infoOf(await putBlob(core, address, received, { properties, metadata: {} }))
  }
  return {
    async ensureContainer(account, container, options) {
      const found = await core.rows.container(account, container)
      const at = { account, container }
      if (!found) return void (await createContainer(core, at, options).catch(unless('ContainerAlreadyExists')))
      if (!options) return
      const { publicAccess, metadata } = options
      if (publicAccess !== found.publicAccess) {
        await setContainerAccess(core, at, { publicAccess, policies: found.policies }, {})
      }
      if (metadata && !isDeepStrictEqual({ ...metadata }, { ...found.metadata })) {
        await setContainerMetadata(core, at, metadata, {})
      }
    },
    async containerInfo(account, container) {
      const found = await core.rows.container(account, container)
      if (!found) return undefined
      const { etag, publicAccess, metadata, modifiedAt, state } = found
      const now = core.now().getTime()
      return {
        etag,
        publicAccess,
        metadata,
        modifiedAt: new Date(modifiedAt).toISOString(),
        leaseState: leasePhase(state.lease, now),
        isLocked: isLocked(state.lease, now),
      }
    },
    async removeContainer(account, container) {
      await removeContainer(core, { account, container }).catch(unless('ContainerNotFound'))
    },
    async removeAccount(account) {
      for (const service of [account, fileAccount(account)]) {
        for (;;) {
          const found = await core.rows.containers(service, { limit: 100 })
          for (const { name } of found) {
            await removeContainer(core, { account: service, container: name }, {}, { forGood: true })
          }
          if (found.length === 0) break
        }
        for (const gone of await core.rows.deletedContainers(service, { limit: 10_000 })) {
          await core.rows.write((rows) => rows.hideContainer(gone.id))
        }
      }
    },
    async info(at) {
      const { account, container, name } = addressOf(at)
      const found = await core.rows.find(account, container, name)
      return found && infoOf(found)
    },
    async isPublic(at) {
      const { account, container, name } = addressOf(at)
      if (!(await accounts.get(account))?.allowsPublicAccess) return false
      const access = (await core.rows.container(account, container))?.publicAccess
      // `blob` opens single blobs and hides what a folder holds.
      return (
        access === 'container' || (access === 'blob' && (await core.rows.find(account, container, name)) !== undefined)
      )
    },
    async read(at, range) {
      const opened = await openBlob(core, addressOf(at))
      const end = Math.min(range?.end ?? opened.blob.size, opened.blob.size)
      const stream = Readable.from(opened.chunks(range?.start ?? 0, end, true), { objectMode: false })
      return stream.once('close', opened.close)
    },
    write,
    async commit(at, blocks) {
      const list = blocks.map((block) => ({ from: 'Uncommitted' as const, block }))
      const properties = { contentType: contentTypeOf(at.path) }
      return infoOf(await commitBlocks(core, addressOf(at), list, { properties, metadata: {} }))
    },
    async dropBlocks(at) {
      const { account, container, name } = addressOf(at)
      await core.rows.write(async (rows) => dropBlocks(rows, (await containerFor(rows, account, container)).id, name))
    },
    async append(at, bytes) {
      if (bytes.length === 0) return
      const address = addressOf(at)
      const received = () => receive(bytes, core.files, { limit: UNLIMITED, seal: core.seals.begin(address.account) })
      try {
        await appendBlock(core, address, await received())
      } catch (error) {
        if (!(isFault(error) && error.key === 'BlobNotFound')) throw error
        const properties = { contentType: 'text/plain; charset=utf-8' }
        const conditions = { ifNoneMatch: '*' }
        await createAppendBlob(core, address, { properties, metadata: {}, conditions }).catch(
          unless('BlobAlreadyExists'),
        )
        await appendBlock(core, address, await received())
      }
    },
    async remove(at) {
      await removeBlob(core, addressOf(at), { snapshots: 'include' }).catch(unless('BlobNotFound', 'ContainerNotFound'))
    },
    async list(at, { after, limit = 1000 } = {}) {
      const { name: prefix, ...container } = addressOf(at)
      const page = await listBlobs(core, container, { prefix, limit, ...(after !== undefined && { marker: after }) })
      const items = page.items.flatMap((item) => (item.kind === 'blob' ? [infoOf(item.blob)] : []))
      return { items, ...(page.next !== undefined && { next: page.next }) }
    },
    materialise: (at, target) => materialise(core, addressOf(at), target),
    async collect(source, at) {
      for await (const { path, name } of filesOf(source, addressOf(at).name)) {
        await write({ ...at, path: name }, await openPlainFile(path))
      }
    },
    async makeFolder(at) {
      const address = { ...addressOf(at), name: normalPath(at.path) }
      if (address.name === '') return
      const options = { kind: 'directory' as const, properties: {}, metadata: {} }
      await makePath(core, address, options).catch(unless('PathConflict'))
    },
    async sas(at, { permissions, lifetimeSeconds, container = false }) {
      const { name, ...inside } = addressOf(at)
      const account = await accounts.get(inside.account)
      const key = account?.keys[0]
      if (!key) throw fault('StorageAccountNotFound', { account: at.account })
      const now = core.now().getTime()
      return serviceSas(
        { ...inside, ...(!container && { blob: name }) },
        { permissions, from: new Date(now - BEFORE_MS), until: new Date(now + lifetimeSeconds * 1000), key },
      )
    },
  }
}

const addressOf = ({ account, container, path }: BlobLocation): BlobAddress => ({
  account: account.toLowerCase(),
  container,
  name: path.replace(/^\/+/, ''),
})

const infoOf = (blob: BlobRow): BlobInfo => ({
  name: blob.name,
  size: blob.size,
  contentType: blob.properties.contentType ?? 'application/octet-stream',
  etag: blob.etag,
  ...(blob.properties.contentMd5 !== undefined && { md5: blob.properties.contentMd5 }),
  createdAt: new Date(blob.createdAt).toISOString(),
  modifiedAt: new Date(blob.modifiedAt).toISOString(),
  metadata: blob.metadata,
})

/** Turns the named refusals into success: what was asked for is so already. */
function unless(...keys: readonly string[]): (error: unknown) => void {
  return (error) => {
    if (!(isFault(error) && keys.includes(error.key))) throw error
  }
}

/** Types by ending, for what a run writes: a browser shows a log and a picture instead of saving them. */
const TYPES: Readonly<Record<string, string>> = {
  txt: 'text/plain; charset=utf-8',
  log: 'text/plain; charset=utf-8',
  json: 'application/json',
  csv: 'text/csv; charset=utf-8',
  html: 'text/html; charset=utf-8',
  yaml: 'application/yaml',
  yml: 'application/yaml',
  png: 'image/png',
  jpg: 'image/jpeg',
  svg: 'image/svg+xml',
}

const contentTypeOf = (name: string): string =>
  TYPES[name.slice(name.lastIndexOf('.') + 1).toLowerCase()] ?? 'application/octet-stream'

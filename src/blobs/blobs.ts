import type { Readable } from 'node:stream'
import type { BlobLocation } from '../compute/engine.ts'

/** A blob's metadata as other parts of the server need it. */
export interface BlobInfo {
  readonly name: string
  readonly size: number
  readonly contentType: string
  readonly etag: string
  readonly md5?: string
  readonly createdAt: string
  readonly modifiedAt: string
  readonly metadata: Readonly<Record<string, string>>
}

/** A container as other parts of the server need it. */
export interface ContainerInfo {
  readonly etag: string
  readonly modifiedAt: string
  readonly publicAccess: 'container' | 'blob' | undefined
  readonly metadata: Readonly<Record<string, string>>
  /** `available`, `leased` … */
  readonly leaseState: string
  readonly isLocked: boolean
}

/**
 * Stored bytes for the rest of the server, without HTTP. The wire protocol stands on the same core.
 * `account` and `container` must exist; a container is made by `ensureContainer`.
 */
export interface Blobs {
  /** Makes a container that is not there. What is said of public access and metadata holds for one that is there, too. */
  ensureContainer(
    account: string,
    container: string,
    options?: {
      readonly publicAccess: 'container' | 'blob' | undefined
      readonly metadata?: Readonly<Record<string, string>>
    },
  ): Promise<void>
  containerInfo(account: string, container: string): Promise<ContainerInfo | undefined>
  removeContainer(account: string, container: string): Promise<void>
  /** Removes every container of an account: it is being deleted. */
  removeAccount(account: string): Promise<void>
  /** Whether anybody may read it without a name: its account and its container say so, for a folder too. */
  isPublic(at: BlobLocation): Promise<boolean>
  info(at: BlobLocation): Promise<BlobInfo | undefined>
  /** @throws BlobNotFound, ContainerNotFound. `end` is exclusive. */
  read(at: BlobLocation, range?: { readonly start: number; readonly end: number }): Promise<Readable>
  /** Replaces the blob with a text or a stream; on disk when this resolves. Its type is by its ending if none is given. */
  write(
    at: BlobLocation,
    body: Readable | Uint8Array | string,
    options?: { readonly contentType?: string },
  ): Promise<BlobInfo>
  /**
   * Makes the blob of blocks that were uploaded to its URL, in this order; those that are not named go.
   *
   * @throws InvalidBlockList for a block that is not there
   */
  commit(at: BlobLocation, blocks: readonly string[]): Promise<BlobInfo>
  /** Gives up the blocks that were uploaded to the blob's URL. */
  dropBlocks(at: BlobLocation): Promise<void>
  /** Adds to an append blob, made on the first call. On disk when this resolves. */
  append(at: BlobLocation, bytes: Uint8Array): Promise<void>
  remove(at: BlobLocation): Promise<void>
  /** Blobs under `at.path` taken as a prefix, by name. */
  list(
    at: BlobLocation,
    options?: { readonly after?: string; readonly limit?: number },
  ): Promise<{ readonly items: readonly BlobInfo[]; readonly next?: string }>
  /**
   * Puts a file, or all blobs under a folder, at `target` on this machine by reflink or copy: never so that a change
   * of the result changes stored bytes.
   */
  materialise(at: BlobLocation, target: string): Promise<void>
  /** Stores a file or a folder of this machine under `at`. Links are not followed out of `source`. */
  collect(source: string, at: BlobLocation): Promise<void>
  /** Makes a folder that is found though nothing lies in it. What is there already stays as it is. */
  makeFolder(at: BlobLocation): Promise<void>
  /** A service SAS for a blob or a container of an account here, signed with the account's key. */
  sas(
    at: BlobLocation,
    options: { readonly permissions: string; readonly lifetimeSeconds: number; readonly container?: boolean },
  ): Promise<string>
}

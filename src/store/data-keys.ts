import type { Fault } from '../faults.ts'

/** The data key of a scope, as it is kept: wrapped by a key of the customer's vault. */
export interface DataKeyRow {
  /** The folded id of the workspace or storage account whose data it seals. */
  readonly scope: string
  /** Which key wraps it. */
  readonly vaultId: string
  readonly keyIdentifier: string
  /** The version that wraps it, where the identifier names none. */
  readonly version?: string
  /** Whose rights in the vault are used. */
  readonly principalId: string
  /** Base64url; absent until the vault has wrapped it. */
  readonly wrapped?: string
  /** The key under the install's own, while a wish has not come true yet. */
  readonly pending?: string
}

/** The scope of a storage account, and of its file service beside it: by its name, since its id may move. */
export const accountScope = (account: string): string => `storageaccounts/${account.toLowerCase().split('#', 1)[0]}`

export interface DataKeys {
  get(scope: string): Promise<DataKeyRow | undefined>
  all(): Promise<readonly DataKeyRow[]>
  put(row: DataKeyRow): Promise<void>
  remove(scope: string): Promise<void>
}

/** Seals rows that belong to a scope with a data key; everything else is kept as it is. */
export interface RowSealing {
  /** The scope that the row of a folded id belongs to; undefined where it is kept as it is. */
  scopeOf(key: string): string | undefined
  /** `context` is bound to the result. @throws the scope's fault while its key is away */
  seal(scope: string, clear: string, context: string): string
  /** @throws the scope's fault while its key is away; Error where it was sealed otherwise */
  open(scope: string, sealed: string, context: string): string
  /** A keyed hash by which a text can be looked for and not be read. @throws the scope's fault */
  mark(scope: string, text: string): string
  isOpen(scope: string): boolean
}

/** The data keys in memory: open ones can be used, closed ones say why not. */
export interface DataKeyRing extends RowSealing {
  /** @throws the scope's fault while its key is away */
  keyOf(scope: string): Uint8Array
  /** A key of its own for bytes, derived from it. @throws as `keyOf` */
  bytesKeyOf(scope: string): Uint8Array
  has(scope: string): boolean
  use(scope: string, key: Uint8Array): void
  close(scope: string, refusal: () => Fault): void
  forget(scope: string): void
  /** Calls the listener whenever a scope is opened, closed or forgotten: for who keeps what was read. */
  onChange(listener: () => void): void
}

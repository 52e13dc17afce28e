import type { Generated } from 'kysely'

/** The tables of key vaults' contents. `vault` is a folded ARM id, names are folded in `name_key`; JSON is text. */
export interface VaultTables {
  vault_objects: VaultObjectRow
  vault_versions: VaultVersionRow
}

export interface VaultObjectRow {
  vault: string
  kind: string
  name_key: string
  name: string
  version: string
  body: string
  deleted_at: string | null
  purge_at: string | null
}

export interface VaultVersionRow {
  /** Order of creation. */
  seq: Generated<number>
  vault: string
  kind: string
  name_key: string
  version: string
  name: string
  body: string
  sealed: string | null
}

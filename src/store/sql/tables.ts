import type { Generated } from 'kysely'
import type { BlobTables } from './blob-tables.ts'
import type { VaultTables } from './vault-tables.ts'

/** The tables as queries see them. Keys are folded (lower case); JSON is text; times are ISO 8601 in UTC. */
export interface Tables extends BlobTables, VaultTables {
  resources: ResourceRow
  operations: OperationRow
  principals: PrincipalRow
  client_secrets: ClientSecretRow
  signing_keys: SigningKeyRow
  applications: ApplicationRow
  directory_links: DirectoryLinkRow
  grants: GrantRow
  facts: FactRow
  activities: ActivityRow
  samples: SampleRow
  experiments: ExperimentRow
  documents: DocumentRow
  runs: RunRow
  metric_garbage: { run: number }
  run_records: RunRecordRow
  run_values: { run: number; key: string; value: string | number }
  data_keys: { scope: string; body: string }
}

export interface RunRecordRow {
  /** The order in which they came. */
  seq: Generated<number>
  run: number
  kind: string
  name: string
  id: string
  body: string
}

export interface ResourceRow {
  /** Order of creation. */
  seq: Generated<number>
  key: string
  id: string
  type: string
  type_key: string
  parent_key: string
  name: string
  name_key: string
  /** 1 where the resource stands directly in a resource group and `GET …/resources` lists it. */
  listed: number
  body: string
  state: string
  secrets: string
  provisioning_state: string
  etag: string
  system: string
  deleted_at: string | null
}

export interface OperationRow {
  id: string
  resource_key: string
  status: string
  body: string
  started_at: string
  ended_at: string | null
}

export interface PrincipalRow {
  object_id: string
  kind: string
  app_id: string | null
  display_name: string
  resource_id: string | null
  resource_key: string | null
  created_at: string
  details: string
}

export interface ClientSecretRow {
  id: string
  app_id: string
  salt: string
  hash: string
  expires_at: string | null
  display_name: string | null
  hint: string | null
  starts_at: string | null
}

export interface ApplicationRow {
  object_id: string
  app_id: string
  display_name: string
  details: string
  created_at: string
}

export interface DirectoryLinkRow {
  source: string
  relation: string
  target: string
  detail: string
  created_at: string
}

export interface GrantRow {
  id: string
  kind: string
  family: string
  user_code: string | null
  subject: string | null
  body: string
  expires_at: string
  used_at: string | null
}

export interface SigningKeyRow {
  kid: string
  public_jwk: string
  sealed_private_jwk: string
  created_at: string
}

export interface FactRow {
  name: string
  value: string
}

export interface ActivityRow {
  /** Order of what happened. */
  seq: Generated<number>
  id: string
  at: string
  subscription: string
  resource_group: string
  resource_key: string
  correlation_id: string
  caller: string
  status: string
  body: string
}

export interface SampleRow {
  resource_key: string
  at: string
  body: string
}

export interface ExperimentRow {
  seq: Generated<number>
  workspace: string
  id: string
  name: string
  body: string
  runs: number
}

export interface DocumentRow {
  /** Order of creation. */
  seq: Generated<number>
  workspace: string
  kind: string
  id: string
  owner: string
  name: string
  at: number
  body: string
}

export interface RunRow {
  /** Order of creation. */
  seq: Generated<number>
  workspace: string
  id: string
  id_key: string
  experiment_id: string
  kind: string
  status: string
  parent_key: string | null
  root_key: string
  compute_key: string | null
  content_key: string | null
  content_family: string | null
  hidden: number
  deleted: number
  /** 1 for what an engine runs, until its state is final. */
  open: number
  /** Epoch milliseconds; when it was made, where it was not started. 0 for what is sealed. */
  started: number
  body: string
}

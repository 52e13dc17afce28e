import type { FolderEntry } from '../../domain/artifacts/list-folder.ts'
import type { JsonObject } from '../../json.ts'

/** Files and folders as MLflow lists them, with their paths below `folder`. */
export const presentEntries = (entries: readonly FolderEntry[], folder = ''): readonly JsonObject[] =>
  entries.map(({ name, size }) => ({
    path: folder === '' ? name : `${folder}/${name}`,
    is_dir: size === undefined,
    ...(size !== undefined && { file_size: size }),
  }))

import { randomUUID } from 'node:crypto'
import { artifactStore } from '../artifacts/artifact-store.ts'
import { datastoreUri } from '../datastores/resolve-uri.ts'
import type { Deps } from '../deps.ts'
import type { ModelPlace } from './model-source.ts'

/** MLflow keeps prompts as registered models with this tag, and their text in a tag of the version. */
export const IS_PROMPT = 'mlflow.prompt.is_prompt'
export const PROMPT_TEXT = 'mlflow.prompt.text'

export const isPrompt = (tags: Readonly<Record<string, string>>): boolean => tags[IS_PROMPT]?.toLowerCase() === 'true'

/** Writes a prompt's text where a version's files lie: what a client names as its source is no place. */
export async function promptPlace(
  { store, blobs }: Pick<Deps, 'store' | 'blobs'>,
  workspace: string,
  tags: Readonly<Record<string, string>>,
): Promise<ModelPlace> {
  const path = `LocalUpload/${randomUUID()}/prompt.txt`
  const at = { ...(await artifactStore(store, workspace)), path }
  await blobs.write(at, tags[PROMPT_TEXT] ?? '')
  return { uri: datastoreUri(workspace, 'workspaceartifactstore', path), blobs: at }
}

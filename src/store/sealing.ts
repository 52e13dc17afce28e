import { foldId } from '../resource-id.ts'
import type { StoredResource } from './resources.ts'

/**
 * Seals values with the install's key (AES-256-GCM). `context` is bound to the result: what was sealed for one place
 * does not open in another.
 */
export interface Sealing {
  seal(clear: string, context: string): string
  /** @throws Error where the text was not sealed with this key and context */
  open(sealed: string, context: string): string
}

/** What a resource's secret is bound to: whoever seals or opens `resource.secrets[path]` names this context. */
export const secretContext = (resourceId: string, path: string): string => `${foldId(resourceId)}#${path}`

/** The clear value of a resource's secret, or undefined where it has none at this path. */
export function openSecret(sealing: Sealing, resource: StoredResource, path: string): string | undefined {
  const sealed = resource.secrets[path]
  return sealed === undefined ? undefined : sealing.open(sealed, secretContext(resource.id, path))
}

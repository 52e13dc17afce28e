/**
 * Seals values with the install's key (AES-256-GCM). `context` is bound to the result: what was sealed for one place
 * does not open in another.
 */
export interface Sealing {
  seal(clear: string, context: string): string
  /** @throws Error where the text was not sealed with this key and context */
  open(sealed: string, context: string): string
}

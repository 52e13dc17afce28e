/** A job that can't be prepared, in words for its owner. */
export class PreparationFailed extends Error {
  override readonly name = 'PreparationFailed'
  readonly code: string
  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}

import type { DeploymentFailure } from '../engine.ts'

/** Why a deployment's parts could not be put in place; the message is for its owner. */
export class NotPrepared extends Error {
  override readonly name = 'NotPrepared'
  readonly reason: DeploymentFailure['reason']
  constructor(reason: DeploymentFailure['reason'], message: string, cause?: unknown) {
    super(message, { cause })
    this.reason = reason
  }
}

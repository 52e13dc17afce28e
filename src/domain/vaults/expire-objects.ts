import type { Logger } from 'pino'
import { purgeDue } from './deleted-objects.ts'
import type { VaultDeps } from './vault-object.ts'

const EVERY_MS = 3_600_000

/** Purges what was deleted in vaults longer ago than they keep it: now, and every hour until it is stopped. */
export function expireVaultObjects(deps: Pick<VaultDeps, 'store' | 'now'> & { readonly log: Logger }): {
  stop(): Promise<void>
} {
  let sweeping = Promise.resolve()
  const sweep = (): void => {
    sweeping = purgeDue(deps).catch((error: unknown) =>
      deps.log.error({ err: error }, 'Deleted objects of vaults stay longer'),
    )
  }
  sweep()
  const timer = setInterval(sweep, EVERY_MS)
  timer.unref()
  return {
    async stop() {
      clearInterval(timer)
      await sweeping
    },
  }
}

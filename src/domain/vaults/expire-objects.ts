import type { Logger } from 'pino'
import { purgeDue } from './deleted-objects.ts'
import { rotateDue } from './key-rotation.ts'
import type { VaultDeps } from './vault-object.ts'

const EVERY_MS = 3_600_000

/**
 * What vaults do by themselves, now and every hour until it is stopped: purge what was deleted longer ago than they
 * keep it, and rotate keys whose policy says so.
 */
export function expireVaultObjects(deps: VaultDeps & { readonly log: Logger }): { stop(): Promise<void> } {
  let sweeping = Promise.resolve()
  const sweep = (): void => {
    sweeping = purgeDue(deps)
      .then(() => rotateDue(deps))
      .catch((error: unknown) => deps.log.error({ err: error }, 'Contents of vaults wait longer than they should'))
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

import type { Deps } from '../deps.ts'
import { COMPUTES, poolSpec, readCompute } from './compute.ts'

/** Tells the engines of every compute that stands, as a started server must: engines keep no wishes. */
export async function restorePools(deps: Pick<Deps, 'engines' | 'store' | 'log'>): Promise<void> {
  let after: string | undefined
  do {
    const page = await deps.store.resources.ofType('', COMPUTES, { limit: 200, ...(after !== undefined && { after }) })
    for (const { id, body, state, provisioningState } of page.items) {
      if (provisioningState === 'Deleting' || provisioningState === 'Failed') continue
      try {
        await deps.engines.named(readCompute(body).kind).applyPool(poolSpec(id, body, state.stopped === true))
      } catch (error) {
        deps.log.error({ err: error, compute: id }, 'a compute could not be restored')
      }
    }
    after = page.next
  } while (after !== undefined)
}

import { fault } from '../faults.ts'
import type { ServingEngine } from './engine.ts'

/** What stands where nothing can answer: every deployment is refused, and says so. */
export function noServingEngine(): ServingEngine {
  const nothing = async (): Promise<undefined> => undefined
  return {
    kind: 'none',
    supports: { gpu: false, containers: false, triton: false },
    isolation: 'none',
    async apply() {
      throw fault('DeploymentUnsupported', { reason: 'no engine for online deployments is set up on this server' })
    },
    observe: nothing,
    remove: nothing,
    onChange: () => undefined,
    score: async () => ({ refused: 'unavailable', message: 'No engine is set up on this server.' }),
    logs: async () => '',
    metrics: nothing,
    start: nothing,
    stop: nothing,
  }
}

import { fault } from '../../faults.ts'
import { objectAt } from '../../json.ts'
import type { ArmDeps } from '../arm-deps.ts'
import { errorOf } from '../errors.ts'
import type { Step, Steps } from './prepared.ts'
import type { SecretValues } from './secret-values.ts'

/** Steps under way, as their operations stand now. */
export async function followed({ deps }: ArmDeps, steps: Steps): Promise<Steps> {
  const ended = await Promise.all(
    Object.entries(steps).map(async ([key, step]) => {
      if (step.status !== 'Running' || step.follows === undefined) return [key, step] as const
      const operation = await deps.store.operations.get(step.follows)
      if (operation?.status === 'InProgress') return [key, step] as const
      const endedAt = operation?.endedAt ?? deps.now().toISOString()
      if (operation?.status === 'Succeeded') return [key, { ...step, status: 'Succeeded', endedAt } as Step] as const
      const error = operation?.error ?? errorOf(fault('OperationCanceled'))
      const statusCode = String(objectAt(operation?.result).status ?? 'Conflict')
      return [key, { ...step, status: 'Failed', endedAt, error, statusCode } as Step] as const
    }),
  )
  return Object.fromEntries(ended)
}

/** Steps as they may be told of: what a refusal quotes may follow from a secure parameter. */
export const withoutSecrets = (steps: Steps, secrets: SecretValues): Steps =>
  Object.fromEntries(
    Object.entries(steps).map(([key, step]) => [key, step.error ? { ...step, error: secrets.hide(step.error) } : step]),
  )

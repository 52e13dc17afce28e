import { type JsonObject, objectAt, textAt } from '../../json.ts'

/**
 * A parallel job as the command job that it is run and shown as: ARM has no such `jobType`, clients refuse one that they
 * don't know, and what runs is the driver's command.
 */
export function asCommand(job: JsonObject): JsonObject {
  if (textAt(job.jobType)?.toLowerCase() !== 'parallel') return job
  const { environmentId, codeId } = objectAt(job.task)
  return {
    ...job,
    jobType: 'Command',
    command: 'exec python -B "$LAZULI_DRIVER/main.py"',
    environmentId: environmentId ?? null,
    ...(codeId !== undefined && { codeId }),
  }
}

import type { Run } from '../../store/runs.ts'

/** A run's tags with those that MLflow itself reads from them; what a client set comes first. */
export const shownTags = (run: Run): Readonly<Record<string, string>> => ({
  'mlflow.runName': run.displayName,
  'mlflow.user': run.createdBy.name,
  'mlflow.rootRunId': run.rootId,
  ...(run.parentId !== undefined && { 'mlflow.parentRunId': run.parentId }),
  ...run.tags,
})

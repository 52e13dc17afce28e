import type { FaultEntry } from '../faults.ts'

/** Refusals of runs, experiments and what MLflow tracks. */
export const runFaults = {
  RunNotFound: { status: 404, message: "Run '{run}' was not found." },
  RunAmbiguous: { status: 409, message: "{count} workspaces have a run '{run}'; name one of them." },
  RunExists: { status: 409, message: "Run '{run}' already exists." },
  RunIsDeleted: { status: 400, message: "Run '{run}' is deleted. Restore it first." },
  RunIsAJob: {
    status: 400,
    message: "The status of run '{run}' follows its job and can't be set. Cancel the job to end it.",
  },
  RunFinished: { status: 400, message: "Run '{run}' is {status} and can't become {wanted}." },
  RunsAreKept: { status: 400, message: 'Runs are kept until they are deleted: deleting them by age is not offered.' },
  RunStatusInvalid: { status: 400, message: "'{status}' is no status of a run." },
  RunDefinitionMissing: { status: 409, message: "Run '{run}' exists, but is no job." },
  ExperimentNotFound: { status: 404, message: "Experiment '{experiment}' was not found." },
  ExperimentExists: { status: 409, message: "Experiment '{experiment}' already exists." },
  ExperimentNameInvalid: {
    status: 400,
    message:
      "Experiment name '{name}' is invalid: it must have 1 to 255 characters that are letters, digits, blanks, '-', '_', '.', '(', ')', '[' or ']', and start with a letter or digit.",
  },
  ExperimentIsDeleted: { status: 400, message: "Experiment '{experiment}' is deleted. Restore it first." },
  ExperimentHasRuns: { status: 409, message: "Experiment '{experiment}' has runs and can't be deleted." },
  ExperimentTagNotFound: { status: 404, message: "No tag with name '{tag}' in experiment '{experiment}'." },
  ArtifactLocationFixed: {
    status: 400,
    message:
      "Invalid value '{location}' for parameter 'artifact_location' supplied: artifacts are kept in the workspace's own store. Leave it out.",
  },
  TagNotFound: { status: 404, message: 'No tag with name: {tag} in run with id {run}' },
  ParamConflict: {
    status: 400,
    message:
      "Changing param values is not allowed. Param with key='{key}' was already logged with value='{old}' for run ID='{run}'. Attempted logging new value '{value}'.",
  },
  ParameterInvalid: { status: 400, message: '{reason}' },
  FilterInvalid: { status: 400, message: "Invalid filter '{filter}': {reason}." },
  MetricNotFound: { status: 404, message: "Metric '{metric}' was not found in run '{run}'." },
  ArtifactNotFound: { status: 404, message: "Artifact '{path}' was not found in '{container}'." },
  ArtifactExists: { status: 409, message: "Artifact '{path}' is already in '{container}'." },
  ArtifactsStay: {
    status: 400,
    message: "Artifacts of runs are kept in the datastore 'workspaceartifactstore', and not in '{datastore}'.",
  },
  ArtifactPathInvalid: { status: 400, message: "'{path}' is no path of an artifact." },
  ArtifactReadOnly: {
    status: 400,
    message: "'{path}' belongs to a datastore: it is read through MLflow, and written where its asset is made.",
  },
  ArtifactOriginUnknown: { status: 404, message: "No artifacts have the origin '{origin}' here." },
  ArtifactStoreMissing: {
    status: 409,
    message:
      "Workspace '{workspace}' has no datastore '{datastore}' with an account and a container to keep artifacts in.",
  },
  WebhookNotFound: { status: 404, message: 'Webhook with ID {webhook} not found.' },
  EvaluationDatasetNotFound: { status: 404, message: "Dataset with ID '{dataset}' not found." },
  ScorerNotFound: { status: 404, message: "Scorer '{scorer}' not found for experiment {experiment}." },
  IssueNotFound: { status: 404, message: "Issue with ID '{issue}' not found." },
  LabelSchemaNotFound: { status: 404, message: "Label schema '{schema}' not found." },
  LabelSchemaExists: {
    status: 409,
    message: "Label schema with name '{schema}' already exists for experiment '{experiment}'.",
  },
  ReviewQueueNotFound: { status: 404, message: "Review queue '{queue}' not found." },
  ReviewQueueExists: {
    status: 409,
    message: "Review queue with name '{queue}' already exists (names are case-insensitive).",
  },
  ReviewItemNotFound: { status: 404, message: "Item '{item}' is not attached to review queue '{queue}'." },
  TraceNotFound: { status: 404, message: "Trace with ID '{trace}' was not found." },
  TraceIncomplete: { status: 404, message: "Not all spans of trace '{trace}' have come yet." },
  TraceTagNotFound: { status: 404, message: "No tag with key '{tag}' in trace '{trace}'." },
  AssessmentNotFound: { status: 404, message: "Assessment with ID '{assessment}' not found for trace '{trace}'." },
  SpanInvalid: { status: 400, message: 'Invalid OpenTelemetry span: {reason}.' },
  LoggedModelNotFound: { status: 404, message: "Logged model with ID '{model}' was not found." },
  LoggedModelTagNotFound: { status: 404, message: "No tag with key '{tag}' found for logged model with ID '{model}'." },
  ModelNotFound: { status: 404, message: "Model '{model}' was not found." },
  ModelExists: { status: 409, message: 'Registered Model (name={model}) already exists.' },
  ModelVersionNotFound: { status: 404, message: 'Model Version (name={model}, version={version}) was not found.' },
  AliasNotFound: { status: 404, message: 'Registered model alias {alias} not found.' },
  ModelSourceInvalid: { status: 400, message: "'{source}' is no source of a model that can be read here." },
  AssetNotFound: { status: 404, message: "Asset '{asset}' was not found." },
  WorkspaceNotFound: { status: 404, message: "Workspace '{workspace}' was not found." },
  TokenOfAnotherWorkspace: { status: 403, message: "This run's token is good for its own workspace alone." },
  OperationLeftOut: {
    status: 501,
    code: 'NotImplemented',
    message: '{operation} ({method} {path}) is not offered: {reason}.',
  },
  OperationNotImplemented: {
    status: 501,
    code: 'NotImplemented',
    message: '{operation} ({method} {path}) is not implemented by Lazuli yet.',
  },
  PathNotFound: { status: 404, code: 'NotFound', message: "There is no operation {method} '{path}'." },
  BodyInvalid: { status: 400, message: 'The request body is invalid: {reason}.' },
} as const satisfies Record<string, FaultEntry>

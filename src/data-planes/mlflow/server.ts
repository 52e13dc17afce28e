import { mlflow } from './mlflow-operation.ts'

/** What MLflow's clients ask of the server itself. */
export const serverOperations = [
  mlflow({
    name: 'getServerInfo',
    method: 'GET',
    api: '3.0',
    path: '/server-info',
    right: 'experiments/read',
    answer: async () => ({
      store_type: 'SqlStore',
      // A workspace is named by the path, not by a header.
      workspaces_enabled: false,
      trace_archival_enabled: false,
      presigned_upload_run_id_supported: true,
      presigned_upload_model_id_supported: true,
      multipart_uploads_enabled: true,
      multipart_downloads_enabled: true,
    }),
  }),
]

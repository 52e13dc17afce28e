/** One flow: an unmodified client against the server, and how many checks of it ran when it was recorded. */
export interface Flow {
  readonly file: string
  /** Printed `ok` lines. A flow that ends early without saying FAIL is found by this. */
  readonly checks: number
  /** What its Python has, where that is not `requirements.txt`. */
  readonly requirements?: string
}

/** In the order in which they run: the first makes what the others use. */
export const flows: readonly Flow[] = [
  { file: 'flows/setup.py', checks: 2 },
  { file: 'flows/a_auth.py', checks: 11 },
  { file: 'flows/b_workspace.py', checks: 16 },
  { file: 'flows/l_direct.py', checks: 3 },
  { file: 'flows/i_misc.py', checks: 14 },
  { file: 'flows/c_compute.py', checks: 8 },
  { file: 'flows/d_job.py', checks: 19 },
  { file: 'flows/f_sweep_pipeline.py', checks: 11 },
  { file: 'flows/p_pipelines.py', checks: 46 },
  { file: 'flows/r_parallel.py', checks: 24 },
  { file: 'flows/g_batch.py', checks: 30 },
  { file: 'flows/s_sweeps.py', checks: 55 },
  { file: 'flows/t_ray.py', checks: 8 },
  { file: 'flows/e_assets.py', checks: 26 },
  { file: 'flows/g_online.py', checks: 36 },
  { file: 'flows/h_registry.py', checks: 12 },
  { file: 'flows/q_assets.py', checks: 43 },
  { file: 'flows/q_command.py', checks: 22 },
  { file: 'flows/m_curl.sh', checks: 11 },
  { file: 'flows/n_held.py', checks: 5 },
  { file: 'flows/m_mgmt.py', checks: 23 },
  { file: 'js/m_mgmt_js.mjs', checks: 12 },
  { file: 'flows/n_blobs.py', checks: 4 },
  { file: 'flows/o_storage_blob.py', checks: 14 },
  { file: 'flows/o_storage_dfs.py', checks: 6 },
  { file: 'flows/o_storage_file.py', checks: 3 },
  { file: 'flows/o_az_storage.sh', checks: 26 },
  { file: 'js/n_blobs_js.mjs', checks: 7 },
  { file: 'js/o_storage_js.mjs', checks: 9 },
  { file: 'flows/n_vault.py', checks: 41 },
  { file: 'js/n_vault_js.mjs', checks: 15 },
  { file: 'flows/j_mlflow.py', checks: 20 },
  { file: 'flows/j_mlflow_http.py', checks: 18 },
  { file: 'flows/j_mlflow_job.py', checks: 6, requirements: 'requirements-mlflow-3.15.txt' },
  { file: 'flows/j_mlflow.py', checks: 20, requirements: 'requirements-mlflow-3.15.txt' },
  { file: 'flows/j_mlflow_http.py', checks: 24, requirements: 'requirements-mlflow-3.17.txt' },
  { file: 'flows/k_az.sh', checks: 24 },
  { file: 'flows/k_az_ad.sh', checks: 35 },
  { file: 'flows/k_az_vault.sh', checks: 39 },
  { file: 'flows/k_az_signin.sh', checks: 14 },
  { file: 'flows/o_credentials.py', checks: 10 },
  { file: 'flows/o_identity.py', checks: 12 },
  { file: 'flows/az_deployments.sh', checks: 23 },
  { file: 'flows/o_monitor.sh', checks: 12 },
  { file: 'flows/az_resources.sh', checks: 98 },
  { file: 'flows/az_policy.sh', checks: 37 },
]

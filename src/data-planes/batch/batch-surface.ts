import { BATCH_ENDPOINTS } from '../../domain/endpoints/endpoint.ts'
import { findEndpoint } from '../../domain/endpoints/endpoint-names.ts'
import { fault } from '../../faults.ts'
import type { SurfaceHandler } from '../../gateway/surface.ts'
import { answerBatchJobs, type BatchPlane } from './batch-jobs.ts'
import { jobsPath, segments } from './batch-paths.ts'

/** `{endpoint}.{region}.inference.ml.azure.com/jobs`, which is where a batch endpoint is invoked. */
export const batchScoring =
  (plane: BatchPlane): SurfaceHandler =>
  async (request, response, context) => {
    const dot = context.name.indexOf('.')
    const [name, region] = [context.name.slice(0, dot), context.name.slice(dot + 1)]
    const [path = ''] = context.url.split('?', 1)
    const [first, ...below] = segments(path)
    const jobs = {
      async endpoint() {
        const found = await findEndpoint(plane.deps.store.resources, region, name)
        if (found?.type !== BATCH_ENDPOINTS) throw fault('BatchEndpointNotFound', { endpoint: name, where: region })
        if (first?.toLowerCase() !== 'jobs') throw fault('PathNotFound', { method: request.method ?? '', path })
        return found
      },
      collection: `${context.origin.scoring(name, region)}/jobs`,
      below,
    }
    await answerBatchJobs(plane, jobs, { request, response, context })
  }

/** The same jobs below their workspace, at a region's host. */
export const batchBelowWorkspace =
  (plane: BatchPlane): SurfaceHandler =>
  async (request, response, context) => {
    const path = jobsPath(context.url)
    if (!path) throw new Error('A path that is none of batch jobs')
    const jobs = {
      ...path,
      async endpoint() {
        const found = await plane.deps.store.resources.get(path.endpointId)
        if (!found) throw fault('BatchEndpointNotFound', { endpoint: path.endpoint, where: 'this workspace' })
        return found
      },
      collection: `${context.origin.regional(context.name)}${path.collection}`,
    }
    await answerBatchJobs(plane, jobs, { request, response, context })
  }

import { fault } from '../../faults.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'
import { resolveCode } from '../assets/resolve-code.ts'
import { resolveEnvironment } from '../assets/resolve-environment.ts'
import type { Deps } from '../deps.ts'
import { demandNodes } from '../jobs/resolve-parallel.ts'
import { findComponent } from '../pipelines/component.ts'
import { checkParallelStep } from '../pipelines/parallel-step.ts'
import { planPipeline } from '../pipelines/plan-pipeline.ts'
import { configuredComponent, pipelineSettings, stubbedJob } from './component-job.ts'
import { deploymentModel } from './deployment-model.ts'
import {
  appendsRows,
  instanceCount,
  isPipelineDeployment,
  outputFileName,
  scoringComponent,
} from './deployment-settings.ts'
import { mlflowEnvironment } from './mlflow-environment.ts'

export interface DeploymentWish {
  readonly workspace: string
  readonly properties: JsonObject
}

/**
 * Looks at all of a batch deployment that an invocation would be refused or fail for: the job that it would make is
 * planned without its data.
 *
 * @throws DeploymentInvalid, JobInvalid, and what a reference is refused with
 */
export async function checkBatchDeployment(deps: Deps, wish: DeploymentWish): Promise<void> {
  await (isPipelineDeployment(wish.properties) ? checkPipelineDeployment(deps, wish) : checkModelDeployment(deps, wish))
}

async function checkModelDeployment(deps: Deps, { workspace, properties }: DeploymentWish): Promise<void> {
  const compute = textAt(properties.compute)
  if (!compute) throw invalid("A batch deployment needs the 'compute' that its jobs run on.", 'compute')
  const model = await deploymentModel(deps.store, workspace, properties)
  const environmentId = textAt(properties.environmentId)
  if (isObject(properties.codeConfiguration)) {
    const { codeId, scoringScript } = properties.codeConfiguration
    if (!textAt(codeId)) throw invalid("A 'codeConfiguration' needs a 'codeId'.", 'codeConfiguration.codeId')
    if (!textAt(scoringScript))
      throw invalid("A 'codeConfiguration' needs a 'scoringScript'.", 'codeConfiguration.scoringScript')
    if (!environmentId) throw invalid("A deployment with a scoring script needs an 'environmentId'.", 'environmentId')
  } else {
    if (!model) throw invalid("A batch deployment needs a 'model', or a 'codeConfiguration'.", 'model')
    if (!appendsRows(properties))
      throw invalid('A model without code gives rows, which SummaryOnly would throw away.', 'outputAction')
    await mlflowEnvironment(deps, workspace, model.place)
  }
  outputFileName(properties)
  const step = { model, environmentId: environmentId ?? 'its own', data: 'uri_folder', score: 'uri_folder' } as const
  checkParallelStep({}, { spec: scoringComponent(properties, step) })
  if (environmentId) await resolveEnvironment(deps.store, workspace, environmentId)
  const codeId = textAt(objectAt(properties.codeConfiguration).codeId)
  if (codeId) await resolveCode(deps.store, workspace, codeId)
  await demandNodes(deps.store.resources, workspace, { compute, count: instanceCount(properties) })
}

async function checkPipelineDeployment(deps: Deps, { workspace, properties }: DeploymentWish): Promise<void> {
  const { reference } = configuredComponent(properties)
  const component = await findComponent(deps.store, workspace, reference)
  await planPipeline(deps.store, { workspace, job: stubbedJob(component, pipelineSettings(properties)) })
}

const invalid = (reason: string, target: string) =>
  fault('DeploymentInvalid', { reason }, { target: `properties.${target}` })

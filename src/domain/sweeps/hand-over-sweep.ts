import { randomInt } from 'node:crypto'
import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { durationSeconds } from '../computes/duration.ts'
import type { Deps } from '../deps.ts'
import { type JobRequest, resolveJob } from '../jobs/resolve-job.ts'
import { handToController } from '../runs/run-controller.ts'
import type { EarlyTermination } from './early-termination.ts'
import { SOBOL_DIMENSIONS } from './sampling.ts'
import { type Dimension, readSearchSpace, type Sample, valueAt } from './search-space.ts'
import { type Sampling, type SweepPlan, type SweepState, trialJob } from './sweep-plan.ts'

/** Azure's own greatest numbers for a sweep. */
const MOST_TRIALS = 1000
const MOST_CONCURRENT = 1000

/**
 * Looks at a whole sweep: its rules, and one of its trials as the job that it would be. Answers what it means.
 *
 * @throws JobInvalid, and what a reference is refused with
 */
export async function checkSweep(deps: Deps, { workspace, name, properties }: JobRequest): Promise<SweepPlan> {
  const plan = readSweep(properties)
  const sample: Sample = Object.fromEntries(plan.space.map((each) => [each.name, valueAt(each, 0.5)]))
  await resolveJob(deps, { workspace, name: `${name}_0`, properties: trialJob(plan, sample, 0) })
  return plan
}

export async function handOverSweep(deps: Deps, request: JobRequest): Promise<void> {
  const plan = await checkSweep(deps, request)
  const state: SweepState = { begun: 0, evaluated: {}, terminated: {} }
  await handToController(deps, { workspace: request.workspace, run: request.name, plan, state })
}

function readSweep(job: JsonObject): SweepPlan {
  const trial = objectAt(job.trial)
  if (!textAt(trial.command)?.trim()) throw invalid("A sweep needs a 'trial' with a 'command'.", 'trial')
  const space = readSearchSpace(objectAt(job.searchSpace))
  const sampling = readSampling(job.samplingAlgorithm, space)
  const { goal, primaryMetric } = objectAt(job.objective)
  const metric = textAt(primaryMetric)?.trim()
  if (!metric) throw invalid("A sweep needs an 'objective' with a 'primaryMetric'.", 'objective')
  const direction = textAt(goal)?.toLowerCase()
  if (direction !== 'maximize' && direction !== 'minimize') {
    throw invalid("The goal of a sweep's objective is Maximize or Minimize.", 'objective.goal')
  }
  const limits = objectAt(job.limits)
  const maxTrials = count(limits.maxTotalTrials, 'limits.maxTotalTrials', MOST_TRIALS) ?? MOST_TRIALS
  const timeoutSeconds = seconds(limits.timeout, 'limits.timeout')
  const trialSeconds = seconds(limits.trialTimeout, 'limits.trialTimeout')
  const termination = readTermination(job.earlyTermination)
  return {
    space,
    sampling,
    goal: direction,
    metric,
    maxTrials,
    maxConcurrent: Math.min(
      maxTrials,
      count(limits.maxConcurrentTrials, 'limits.maxConcurrentTrials', MOST_CONCURRENT) ?? maxTrials,
    ),
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
    ...(termination && { termination }),
    trial: {
      ...trial,
      computeId: job.computeId,
      // A sweep says its trials' resources itself since 2023-08-01-preview; a trial before that.
      ...(isObject(job.resources) && { resources: job.resources }),
      ...(isObject(job.queueSettings) && { queueSettings: job.queueSettings }),
      inputs: objectAt(job.inputs),
      // Where a sweep says the place of an output, its trials would write over each other's.
      outputs: Object.fromEntries(
        Object.entries(objectAt(job.outputs)).map(([name, output]) => [
          name,
          isObject(output) ? { ...output, uri: undefined, assetName: undefined, assetVersion: undefined } : output,
        ]),
      ),
      ...(isObject(job.identity) && { identity: job.identity }),
      ...(trialSeconds !== undefined && { limits: { jobLimitsType: 'Command', timeout: `PT${trialSeconds}S` } }),
    },
  }
}

function readSampling(sent: Json | undefined, space: readonly Dimension[]): Sampling {
  const algorithm = isObject(sent) ? sent : { samplingAlgorithmType: sent ?? 'Random' }
  const type = (textAt(algorithm.samplingAlgorithmType) ?? textAt(algorithm.type) ?? '').toLowerCase()
  const only = (allowed: readonly Dimension['kind'][], says: string) => {
    const other = space.find(({ kind }) => !allowed.includes(kind))
    if (other) throw invalid(`${says}; '${other.name}' is spread by ${other.kind}.`, 'searchSpace')
  }
  const seed = algorithm.seed === null || algorithm.seed === undefined ? randomInt(2 ** 31) : Number(algorithm.seed)
  if (!Number.isInteger(seed))
    throw invalid('The seed of a sampling algorithm is a whole number.', 'samplingAlgorithm.seed')
  if (type === 'grid') {
    only(['choice'], 'Grid sampling is for choices alone')
    return { kind: 'grid', seed }
  }
  if (type === 'bayesian') {
    only(['choice', 'uniform', 'quniform'], 'Bayesian sampling is for choice, uniform and quniform alone')
    return { kind: 'bayesian', seed }
  }
  if (type !== 'random')
    throw invalid(`'${type}' is no sampling algorithm: Random, Grid and Bayesian are.`, 'samplingAlgorithm')
  const rule = (textAt(algorithm.rule) ?? 'random').toLowerCase()
  if (rule === 'random') return { kind: 'random', seed }
  if (rule !== 'sobol')
    throw invalid(`'${rule}' is no rule of random sampling: Random and Sobol are.`, 'samplingAlgorithm.rule')
  if (space.length > SOBOL_DIMENSIONS) {
    throw invalid(`A Sobol sequence is for ${SOBOL_DIMENSIONS} hyperparameters at most here.`, 'searchSpace')
  }
  return { kind: 'sobol', seed }
}

function readTermination(sent: Json | undefined): EarlyTermination | undefined {
  const policy = objectAt(sent)
  const type = (textAt(policy.policyType) ?? '').toLowerCase()
  if (type === '') return undefined
  const common = {
    evaluationInterval: count(policy.evaluationInterval, 'earlyTermination.evaluationInterval') || 1,
    delayEvaluation: count(policy.delayEvaluation, 'earlyTermination.delayEvaluation') ?? 0,
  }
  if (type === 'medianstopping') return { kind: type, ...common }
  if (type === 'truncationselection') {
    const percentage = Number(policy.truncationPercentage)
    if (!Number.isInteger(percentage) || percentage < 1 || percentage > 99) {
      throw invalid('truncationPercentage is a whole number from 1 to 99.', 'earlyTermination')
    }
    return { kind: type, ...common, percentage, excludeFinished: policy.excludeFinishedJobs === true }
  }
  if (type !== 'bandit') throw invalid(`'${type}' is no early termination policy of Azure's.`, 'earlyTermination')
  const slackFactor = Number(policy.slackFactor ?? 0)
  const slackAmount = Number(policy.slackAmount ?? 0)
  if (!(slackFactor >= 0 && slackAmount >= 0) || slackFactor > 0 === slackAmount > 0) {
    throw invalid('A bandit policy needs either a slackFactor or a slackAmount, more than nothing.', 'earlyTermination')
  }
  return { kind: type, ...common, ...(slackAmount > 0 ? { slackAmount } : { slackFactor }) }
}

function count(value: Json | undefined, target: string, most = Number.MAX_SAFE_INTEGER): number | undefined {
  if (value === undefined || value === null) return undefined
  const number = Number(value)
  if (!Number.isInteger(number) || number < 0 || number > most) {
    throw invalid(`${target} is a whole number up to ${most}; it is ${JSON.stringify(value)}.`, target)
  }
  // Azure's SDKs send nothing and nought for "as many as may be".
  return number === 0 ? undefined : number
}

function seconds(value: Json | undefined, target: string): number | undefined {
  if (value === undefined || value === null) return undefined
  const duration = typeof value === 'number' ? value : durationSeconds(String(value))
  if (!duration)
    throw invalid(`${target} '${String(value)}' is no ISO 8601 duration longer than nothing, like PT1H.`, target)
  return duration
}

const invalid = (reason: string, target: string) => fault('JobInvalid', { reason }, { target: `properties.${target}` })

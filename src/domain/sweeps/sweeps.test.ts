import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isFault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import { type EarlyTermination, evaluate, type TrialMetrics } from './early-termination.ts'
import { gridSample, randomSample, sobolSample } from './sampling.ts'
import { normalQuantile, readSearchSpace, valueAt } from './search-space.ts'
import { type SweepPlan, trialJob } from './sweep-plan.ts'

describe('search spaces', () => {
  test('both spellings mean the same', () => {
    const jobs = readSearchSpace({
      a: ['choice', [[1, 'x']]],
      b: ['randint', [5]],
      c: ['qloguniform', [0, 1, 0.5]],
      d: ['lognormal', [0, 2]],
    })
    const nodes = readSearchSpace({
      a: { type: 'choice', values: [1, 'x'] },
      b: { type: 'randint', upper: 5 },
      c: { type: 'qloguniform', min_value: 0, max_value: 1, q: 0.5 },
      d: { type: 'lognormal', mu: 0, sigma: 2 },
    })
    assert.deepEqual(jobs, nodes)
  })

  for (const [what, space] of Object.entries({
    'nothing at all': {},
    'no distribution': { a: ['gauss', [1, 2]] },
    'too few numbers': { a: ['uniform', [1]] },
    'a minimum above the maximum': { a: ['uniform', [2, 1]] },
    'a negative sigma': { a: ['normal', [0, -1]] },
    'a step of nothing': { a: ['quniform', [0, 1, 0]] },
    'no choice': { a: ['choice', [[]]] },
    'a bound below one': { a: ['randint', [0]] },
    'a name for a shell': { 'a;b': ['randint', [3]] },
  } satisfies Record<string, JsonObject>)) {
    test(`${what} is refused`, () => {
      assert.throws(
        () => readSearchSpace(space),
        (error) => isFault(error) && error.key === 'JobInvalid',
      )
    })
  }

  test('the quantile of the normal distribution, against published values', () => {
    for (const [p, z] of [
      [0.5, 0],
      [0.975, 1.959963985],
      [0.01, -2.326347874],
      [0.999, 3.090232306],
    ] as const) {
      assert.ok(Math.abs(normalQuantile(p) - z) < 1e-6, `${p}: ${normalQuantile(p)}`)
    }
  })

  test('values are where the distribution says', () => {
    const [spread] = readSearchSpace({ q: ['quniform', [0, 1, 0.1]] })
    assert.ok(spread)
    assert.equal(valueAt(spread, 0.31), 0.3)
    const [log] = readSearchSpace({ l: ['loguniform', [-2, 0]] })
    assert.ok(log)
    assert.ok(Math.abs(Number(valueAt(log, 0)) - Math.exp(-2)) < 1e-12)
    const [whole] = readSearchSpace({ r: ['randint', [3]] })
    assert.ok(whole)
    assert.deepEqual(
      [0, 0.4, 0.9999].map((u) => valueAt(whole, u)),
      [0, 1, 2],
    )
  })
})

describe('sampling', () => {
  const space = readSearchSpace({ a: ['choice', [[1, 2]]], b: ['choice', [['x', 'y', 'z']]] })
  const real = readSearchSpace({ u: ['uniform', [0, 1]], v: ['uniform', [0, 1]], w: ['uniform', [0, 1]] })

  test('a grid has each combination once, then none', () => {
    const all = Array.from({ length: 7 }, (_, trial) => gridSample(space, trial, 0))
    assert.equal(new Set(all.slice(0, 6).map((each) => JSON.stringify(each))).size, 6)
    assert.deepEqual(all[0], { a: 1, b: 'x' })
    assert.deepEqual(all[1], { a: 1, b: 'y' })
    assert.equal(all[6], undefined)
  })

  test('random samples follow from seed and trial alone, and are spread evenly', () => {
    assert.deepEqual(randomSample(real, 3, 7), randomSample(real, 3, 7))
    assert.notDeepEqual(randomSample(real, 3, 7), randomSample(real, 3, 8))
    const draws = Array.from({ length: 4000 }, (_, trial) => Number(randomSample(real, trial, 1)?.u))
    const tenths = Array.from({ length: 10 }, (_, tenth) => draws.filter((u) => Math.floor(u * 10) === tenth).length)
    assert.ok(
      tenths.every((count) => count > 330 && count < 470),
      tenths.join(' '),
    )
  })

  test('Sobol: the first 2^k samples fill each of 2^k equal parts of every hyperparameter once', () => {
    const many = readSearchSpace(
      Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`p${at}`, ['uniform', [0, 1]]])),
    )
    const samples = Array.from({ length: 64 }, (_, trial) => sobolSample(many, trial, 5) ?? {})
    for (const { name } of many) {
      assert.equal(new Set(samples.map((sample) => Math.floor(Number(sample[name]) * 64))).size, 64, name)
    }
  })
})

describe('early termination', () => {
  const trial = (run: string, points: number[], more: Partial<TrialMetrics> = {}): TrialMetrics => ({
    run,
    points,
    open: true,
    evaluated: 0,
    ...more,
  })
  const policy = (rest: object): EarlyTermination =>
    ({ evaluationInterval: 1, delayEvaluation: 0, ...rest }) as EarlyTermination

  for (const { name, rule, trials, stopped } of [
    {
      name: 'bandit by factor',
      rule: { kind: 'bandit', slackFactor: 0.1 },
      trials: [trial('a', [1]), trial('b', [0.8]), trial('c', [0.95])],
      stopped: ['b'],
    },
    {
      name: 'bandit by amount',
      rule: { kind: 'bandit', slackAmount: 0.1 },
      trials: [trial('a', [1]), trial('b', [0.95])],
      stopped: [],
    },
    {
      name: 'bandit where less is better (negated)',
      rule: { kind: 'bandit', slackFactor: 0.5 },
      trials: [trial('a', [-1]), trial('b', [-1.4]), trial('c', [-1.6])],
      stopped: ['c'],
    },
    {
      name: 'nothing before the delay',
      rule: { kind: 'bandit', slackFactor: 0.1, delayEvaluation: 2 },
      trials: [trial('a', [1, 1]), trial('b', [0.1])],
      stopped: [],
    },
    {
      name: 'only at its intervals',
      rule: { kind: 'bandit', slackFactor: 0.1, evaluationInterval: 3 },
      trials: [trial('a', [1, 1, 1]), trial('b', [0, 0])],
      stopped: [],
    },
    {
      name: 'an interval is looked at once',
      rule: { kind: 'bandit', slackFactor: 0.1 },
      trials: [trial('a', [1]), trial('b', [0.1], { evaluated: 1 })],
      stopped: [],
    },
    {
      name: 'what has ended is left',
      rule: { kind: 'bandit', slackFactor: 0.1 },
      trials: [trial('a', [1]), trial('b', [0.1], { open: false })],
      stopped: [],
    },
    {
      name: 'median',
      rule: { kind: 'medianstopping' },
      trials: [trial('a', [1]), trial('b', [2]), trial('c', [3])],
      stopped: ['a'],
    },
    {
      name: 'truncation',
      rule: { kind: 'truncationselection', percentage: 40, excludeFinished: false },
      trials: [1, 2, 3, 4, 5].map((value) => trial(String(value), [value])),
      stopped: ['1', '2'],
    },
    {
      name: 'truncation without the finished',
      rule: { kind: 'truncationselection', percentage: 50, excludeFinished: true },
      trials: [trial('a', [2]), trial('b', [1], { open: false })],
      stopped: [],
    },
  ]) {
    test(name, () => {
      assert.deepEqual([...evaluate(policy(rule), trials).stop.keys()], stopped)
    })
  }
})

test("a trial's job has its sample in the command, the variables and the inputs", () => {
  const plan = {
    trial: {
      command: 'python t.py --lr ${{search_space.lr}} ${{inputs.data}}',
      environmentVariables: { LR: '${{search_space.lr}}' },
      inputs: { data: { jobInputType: 'uri_file', uri: 'azureml://datastores/d/paths/x' } },
    },
  } as unknown as SweepPlan
  const job = trialJob(plan, { lr: 0.1 }, 4)
  assert.equal(job.command, 'python t.py --lr 0.1 ${{inputs.data}}')
  assert.deepEqual(job.environmentVariables, { LR: '0.1' })
  assert.deepEqual((job.inputs as JsonObject).lr, { jobInputType: 'literal', value: '0.1' })
  assert.equal((job.tags as JsonObject).hyperparameters, '{"lr":0.1}')
})

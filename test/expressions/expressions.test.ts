/**
 * Random expressions of the template language, in the evaluator and in a second, slow one that was written from the public
 * reference alone: both refuse, or both answer the same.
 *
 *     bin/node test/expressions/expressions.test.ts 200000 [SEED]
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkCall, evaluate } from '../../src/arm/deployments/expressions/evaluate.ts'
import { callsIn, ExpressionError, literalText, parseExpression } from '../../src/arm/deployments/expressions/parse.ts'
import type { Outside, Scope } from '../../src/arm/deployments/expressions/scope.ts'
import { functions } from '../../src/arm/deployments/functions/functions.ts'
import type { Json } from '../../src/json.ts'
import { startArmEngine } from '../support/arm-engine.ts'
import { expressions, random } from './random-expressions.ts'
import { Refused, slowly, slowNames, type Value } from './slow-evaluator.ts'

const [count = '20000', seed = '20261125'] = process.argv.slice(2).filter((word) => /^\d+$/.test(word))

const values = {
  text: 'Lapis, lazuli',
  number: 42,
  truth: true,
  list: ['b', 'A', 3, null, ['a']],
  object: { a: 'x', Name: { b: [1, 2] }, constructor: 'own' },
} satisfies Readonly<Record<string, Value>>

const valueNamed = async (name: string): Promise<Json> => {
  const found = Object.entries(values).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
  if (found === undefined) throw new ExpressionError('nothing has this name')
  return found as Json
}
const scope: Scope = {
  parameter: valueNamed,
  variable: valueNamed,
  copyIndex: () => 0,
  userFunction: () => undefined,
  lambda: {},
  outside: new Proxy({} as Outside, {
    get: (_none, name) => {
      if (name === 'budget') return undefined
      throw new ExpressionError('nothing stands around this')
    },
  }),
  now: undefined,
}

type Outcome = { readonly value: Json | Value } | { readonly refused: string }

async function ours(text: string): Promise<Outcome> {
  try {
    const node = parseExpression(text)
    // As a template is checked before anything of it is evaluated.
    if (node) for (const call of callsIn(node)) checkCall(call, false)
    return { value: node ? await evaluate(node, scope) : literalText(text) }
  } catch (error) {
    if (error instanceof ExpressionError) return { refused: error.message }
    throw error
  }
}

function theirs(text: string): Outcome {
  try {
    return { value: slowly(text, values, values) }
  } catch (error) {
    if (error instanceof Refused) return { refused: error.message }
    throw error
  }
}

test(`${count} random expressions (seed ${seed}) have one value in both evaluators`, async (t) => {
  const next = expressions(random(Number(seed)))
  const wrong: string[] = []
  let refused = 0
  for (let at = 0; at < Number(count); at++) {
    const text = `[${next()}]`
    const [one, other] = await Promise.all([ours(text).catch(String), Promise.resolve().then(() => theirs(text))])
    if (typeof one !== 'string' && 'refused' in one && 'refused' in other) {
      refused++
      continue
    }
    const [shown, expected] = [JSON.stringify(one), JSON.stringify(other)]
    if (shown !== expected) wrong.push(`${text}\n   ours   ${shown}\n   theirs ${expected}`)
  }
  t.diagnostic(`${refused} of them are refused by both`)
  const shortest = wrong.toSorted((a, b) => a.length - b.length).slice(0, 12)
  assert.equal(wrong.length, 0, `${wrong.length} of ${count} differ:\n${shortest.join('\n')}`)
  assert.ok(refused > Number(count) / 50 && refused < (Number(count) * 3) / 4, `${refused} refused`)
})

test('as outputs of a deployment they have that value too', async () => {
  const engine = await startArmEngine()
  try {
    const next = expressions(random(Number(seed) + 1))
    const wanted = new Map<string, Value>()
    while (wanted.size < 300) {
      const text = `[createArray(${next()})]`
      const outcome = theirs(text)
      if ('value' in outcome) wanted.set(text, outcome.value as Value)
    }
    const declared = Object.entries(values).map(([name, value]) => {
      const type = { text: 'string', number: 'int', truth: 'bool', list: 'array', object: 'object' }[name]
      return [name, { type, defaultValue: value }] as const
    })
    // A template has 64 outputs at most, so one output has them all.
    const members = [...wanted.keys()].map((text, at) => [`o${at}`, text] as const)
    const outputs = { all: { type: 'object', value: Object.fromEntries(members) } }
    const template = {
      $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
      contentVersion: '1.0.0.0',
      parameters: Object.fromEntries(declared),
      variables: values,
      resources: [],
      outputs,
    }
    const id = `${engine.subscription}/providers/Microsoft.Resources/deployments/random?api-version=2021-04-01`
    const body = { location: 'eastus', properties: { mode: 'Incremental', template } }
    let answer = await engine.ask(id, { method: 'PUT', body })
    assert.ok(answer.status < 300, JSON.stringify(answer.body))
    while (!['Succeeded', 'Failed'].includes(answer.body.properties.provisioningState)) answer = await engine.ask(id)
    assert.equal(answer.body.properties.provisioningState, 'Succeeded', JSON.stringify(answer.body.properties.error))
    for (const [at, [text, value]] of [...wanted].entries()) {
      assert.deepEqual(answer.body.properties.outputs.all.value[`o${at}`], JSON.parse(JSON.stringify(value)), text)
    }
  } finally {
    await engine.stop()
  }
})

/** What asks the deployment around it or a chance, and addresses and URIs, whose rules are tests of their own. */
const ELSEWHERE =
  /^(list|reference|resource|subscription|tenant|management|extension|deploy|environment|providers|pick|external|fail$|cidr|parse|build|to(logical|physical)zone|uri$|guid$|uniquestring$|newguid$|utcnow$|copyindex$)/
const READ = ['lambdavariables', 'parameters', 'variables']

test('every function that needs nothing around it is in both evaluators', () => {
  const missing = Object.keys(functions)
    .map((name) => name.toLowerCase())
    .filter((name) => !slowNames.has(name) && !READ.includes(name) && !ELSEWHERE.test(name))
  assert.deepEqual(missing, [])
})

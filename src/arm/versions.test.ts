import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { isFault } from '../faults.ts'
import { openFacts } from './facts/facts.ts'
import { loadRegistry } from './registry.ts'
import { apiVersions, compareVersions } from './versions.ts'

const root = join(import.meta.dirname, '..', '..')
const registry = await loadRegistry(join(root, 'src', 'providers'))
const versions = apiVersions(openFacts(join(root, 'spec')))
const ML = 'Microsoft.MachineLearningServices'

const resolve = (type: string, asked: string | null) => {
  const found = registry.type(type)
  assert.ok(found)
  return versions.resolve(asked, found.provider, found.path)
}

for (const { why, type, asked, facts, exact } of [
  { why: 'known with facts', type: 'workspaces', asked: '2022-05-01', facts: '2022-05-01', exact: true },
  {
    why: 'known by name, between two with facts',
    type: 'workspaces',
    asked: '2021-04-01',
    facts: '2020-08-01',
    exact: false,
  },
  {
    why: 'known by name, after the last with facts',
    type: 'workspaces',
    asked: '2026-03-01',
    facts: '2025-12-01',
    exact: false,
  },
  {
    why: 'known by name, before the first with facts',
    type: 'workspaces',
    asked: '2018-11-19',
    facts: '2019-05-01',
    exact: false,
  },
  {
    why: 'a preview that lacks the type has the older facts',
    type: 'workspaces/jobs',
    asked: '2022-01-01-preview',
    facts: '2021-10-01',
    exact: false,
  },
]) {
  test(`versions: ${why}`, () => {
    assert.deepEqual(resolve(`${ML}/${type}`, asked), { asked, facts, exact })
  })
}

test('versions: later than all that are known is taken, with a warning', () => {
  const { facts, warning } = resolve(`${ML}/workspaces`, '2099-01-01')
  assert.equal(facts, '2025-12-01')
  assert.match(warning ?? '', /^299 - ".*2099-01-01/)
})

for (const { why, type, asked, code } of [
  { why: 'missing', type: 'workspaces', asked: null, code: 'MissingApiVersionParameter' },
  { why: 'empty', type: 'workspaces', asked: '', code: 'MissingApiVersionParameter' },
  { why: 'no date', type: 'workspaces', asked: 'latest', code: 'InvalidApiVersionParameter' },
  { why: 'no day of the calendar', type: 'workspaces', asked: '2022-02-30', code: 'InvalidApiVersionParameter' },
  {
    why: 'a date that never was a version',
    type: 'workspaces',
    asked: '2022-05-02',
    code: 'NoRegisteredProviderFound',
  },
  {
    why: 'a preview of a stable one',
    type: 'workspaces',
    asked: '2022-05-01-preview',
    code: 'NoRegisteredProviderFound',
  },
  { why: 'older than the type', type: 'workspaces/jobs', asked: '2020-08-01', code: 'NoRegisteredProviderFound' },
]) {
  test(`versions: ${why} is ${code}, and tells those that there are`, () => {
    assert.throws(
      () => resolve(`${ML}/${type}`, asked),
      (error) => isFault(error) && error.code === code && error.status === 400 && error.message.includes('2022-05-01'),
    )
  })
}

test('versions: of one date a preview comes before the stable version', () => {
  const sorted = ['2022-10-01', '2022-05-01', '2022-10-01-preview'].sort(compareVersions)
  assert.deepEqual(sorted, ['2022-05-01', '2022-10-01-preview', '2022-10-01'])
})

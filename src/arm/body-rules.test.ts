import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { mergeOver, mergePatch } from './merge.ts'
import { valuesAt, without } from './paths.ts'
import { checkPreconditions } from './preconditions.ts'

describe('merging', () => {
  test('defaults stand below what was sent, member by member', () => {
    const merged = mergeOver({ a: 1, b: { c: 1, d: [1, 2] } }, { b: { d: [3] }, e: null })
    assert.deepEqual(merged, { a: 1, b: { c: 1, d: [3] }, e: null })
  })
  test('a patch keeps what is absent, takes away what is null, replaces tags as a whole', () => {
    const stored = { tags: { a: '1', b: '2' }, properties: { x: 1, y: { tags: { k: 'v' }, z: 2 } } }
    const patched = mergePatch(stored, { tags: { c: '3' }, properties: { x: null, y: { tags: { l: 'w' } } } })
    assert.deepEqual(patched, { tags: { c: '3' }, properties: { y: { tags: { k: 'v', l: 'w' }, z: 2 } } })
  })
})

describe('paths', () => {
  const body = {
    userAccountCredentials: { adminUserName: 'n', adminUserPassword: 'p1' },
    properties: { properties: { userAccountCredentials: { adminUserPassword: 'p2' }, list: [{ key: 'k' }] } },
    identity: { userAssignedIdentities: { '/subscriptions/s/x': {} } },
  }
  for (const { pattern, found } of [
    { pattern: '**.adminUserPassword', found: ['p1', 'p2'] },
    { pattern: 'properties.properties.list.*.key', found: ['k'] },
    { pattern: 'properties.nothing.key', found: [] },
    { pattern: 'identity.userAssignedIdentities.[key]', found: ['/subscriptions/s/x'] },
  ]) {
    test(`${pattern} finds ${found.length}`, () => {
      assert.deepEqual(
        valuesAt(body, pattern).map(({ value }) => value),
        found,
      )
    })
  }
  test('what is taken out leaves the rest as it was', () => {
    const paths = valuesAt(body, '**.adminUserPassword').map(({ path }) => path)
    const rest = without(body, paths)
    assert.ok(!JSON.stringify(rest).includes('adminUserPassword'))
    assert.deepEqual(rest.identity, body.identity)
    assert.deepEqual(rest.userAccountCredentials, { adminUserName: 'n' })
  })
})

describe('preconditions', () => {
  const resource = { etag: 'e1' } as never
  for (const { match, noneMatch, existing, refused } of [
    { match: '"e1"', existing: resource, refused: false },
    { match: 'W/"e1", "e2"', existing: resource, refused: false },
    { match: '*', existing: resource, refused: false },
    { match: '"e2"', existing: resource, refused: true },
    { match: '*', existing: undefined, refused: true },
    { noneMatch: '*', existing: undefined, refused: false },
    { noneMatch: '*', existing: resource, refused: true },
    { noneMatch: '"e2"', existing: resource, refused: false },
  ]) {
    const name = `${match ? `If-Match ${match}` : `If-None-Match ${noneMatch}`} ${existing ? 'on one that is there' : 'on nothing'}`
    test(`${name} is ${refused ? 'refused' : 'fine'}`, () => {
      const check = () => checkPreconditions({ match, noneMatch }, '/x', existing)
      if (refused) assert.throws(check, { code: 'PreconditionFailed' })
      else check()
    })
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../../json.ts'
import { operators } from './operators.ts'

for (const [name, has, says, holds] of [
  ['equals', 'East', 'eaST', true],
  ['equals', true, 'true', true],
  ['equals', null, '', true],
  ['equals', undefined, '', false],
  ['notEquals', undefined, 'x', true],
  ['like', 'prod-web-1', 'prod-*', true],
  ['like', 'PROD', 'prod', true],
  ['like', 'ab', 'abb*b', false],
  ['like', 'aXbYc', 'a*b*c', true],
  ['like', 'aba', 'ab*ba', false],
  ['like', `${'a'.repeat(50_000)}c`, `${'*a'.repeat(50)}*b`, false],
  ['notLike', 'a', 'b*', true],
  ['match', 'ab12', '??##', true],
  ['match', 'ab1x', '??##', false],
  ['match', 'AB', 'ab', false],
  ['matchInsensitively', 'AB', 'ab', true],
  ['contains', ['a', 'B'], 'b', true],
  ['contains', 'abc', 'B', true],
  ['notContains', undefined, 'a', true],
  ['in', 'b', ['A', 'B'], true],
  ['notIn', 'c', ['A', 'B'], true],
  ['containsKey', { Owner: 1 }, 'owner', true],
  ['notContainsKey', {}, 'owner', true],
  ['less', 1, 2, true],
  ['less', '1', 2, false],
  ['lessOrEquals', 2, 2, true],
  ['greater', '2026-02-01', '2026-01-01', true],
  ['greaterOrEquals', 1, 2, false],
  ['exists', null, true, false],
  ['exists', '', 'true', true],
  ['exists', undefined, 'false', true],
] as const satisfies readonly (readonly [string, Json | undefined, Json, boolean])[]) {
  const shown = JSON.stringify(has)?.slice(0, 30) ?? 'nothing'
  test(`${shown} ${name} ${JSON.stringify(says).slice(0, 30)}: ${holds}`, () => {
    assert.equal(operators[name]?.(has, says), holds)
  })
}

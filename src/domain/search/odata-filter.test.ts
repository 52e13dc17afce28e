import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseODataFilter } from './odata-filter.ts'

for (const { text, means } of [
  { text: '', means: [] },
  { text: "Status eq 'Completed'", means: [['attributes', 'azure_status', '=', 'Completed']] },
  {
    text: "(tags/owner eq 'it''s (mine) or not' and metrics/acc gt 0.5)",
    means: [
      ['tags', 'owner', '=', "it's (mine) or not"],
      ['metrics', 'acc', '>', 0.5],
    ],
  },
  {
    text: "Status eq 'Completed' or status eq 'Failed' OR Status eq 'Canceled'",
    means: [['attributes', 'azure_status', 'IN', ['Completed', 'Failed', 'Canceled']]],
  },
  {
    text: "RunId ne 'a' and (tags/a eq 'x' or (tags/a eq 'y' or tags/a eq 'z'))",
    means: [
      ['attributes', 'RunId', '!=', 'a'],
      ['tags', 'a', 'IN', ['x', 'y', 'z']],
    ],
  },
  {
    text: 'EndTimeUtc ne null and ParentRunId eq NULL',
    means: [
      ['attributes', 'EndTimeUtc', 'IS NOT NULL', ''],
      ['attributes', 'ParentRunId', 'IS NULL', ''],
    ],
  },
]) {
  test(`${text || 'nothing'} is read`, () => {
    const found = parseODataFilter(text).map(({ entity, key, comparator, value }) => [entity, key, comparator, value])
    assert.deepEqual(found, means)
  })
}

for (const { text, why } of [
  { text: "Status eq 'a' and", why: /ends with and/ },
  { text: "Status eq 'a' or", why: /ends with or/ },
  { text: "Status eq 'a' and Status eq 'b' or Status eq 'c'", why: /in parentheses/ },
  { text: "Status eq 'a' or RunId eq 'b'", why: /values of one field/ },
  { text: "Status ne 'a' or Status eq 'b'", why: /values of one field/ },
  { text: "(Status eq 'a'", why: /not closed/ },
  { text: "Status eq 'a')", why: /no comparison/ },
  { text: '()', why: /no comparison/ },
  { text: 'RunId gt null', why: /eq and ne alone/ },
  { text: "Status like 'a'", why: /no comparison/ },
  { text: "runs/x eq 'a'", why: /can't be filtered by/ },
]) {
  test(`${text} is refused`, () => assert.throws(() => parseODataFilter(text), why))
}

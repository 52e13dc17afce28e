import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseLenientJson } from './lenient-json.ts'

for (const { why, text, becomes } of [
  { why: 'strict JSON is taken as it is', text: '{"a": "b\\n"}', becomes: { a: 'b\n' } },
  { why: 'a raw line break in a string', text: '{"a": "b\nc"}', becomes: { a: 'b\nc' } },
  { why: 'a raw tab in a string', text: '{"a": "b\tc"}', becomes: { a: 'b\tc' } },
  { why: 'an escaped apostrophe', text: `{"a": "it\\'s"}`, becomes: { a: "it's" } },
  { why: 'the article breaks its ids with a backslash', text: '{"a": "/x/\\\ny"}', becomes: { a: '/x/y' } },
  { why: 'the same with CRLF', text: '{"a": "/x/\\\r\ny"}', becomes: { a: '/x/y' } },
  { why: 'a continuation between tokens', text: '{"a": \\\n 1}', becomes: { a: 1 } },
  { why: 'trailing commas', text: '{"a": [1, 2, ], }', becomes: { a: [1, 2] } },
  { why: 'what looks like a trailing comma in a string', text: '{"a": ",}\n"}', becomes: { a: ',}\n' } },
  { why: 'comments', text: '{"a": 1, // one, }\n/* "b": 2 */ "c": [3, /* x */ ] // end\n}', becomes: { a: 1, c: [3] } },
  {
    why: 'what looks like a comment in a string',
    text: '{"a": "http://x /* y */",}',
    becomes: { a: 'http://x /* y */' },
  },
  {
    why: 'az puts a template behind a bare name',
    text: '{"a": {"b": 1}, template:{ c : 2}}',
    becomes: { a: { b: 1 }, template: { c: 2 } },
  },
  { why: 'a byte order mark', text: '\ufeff{"a": 1}', becomes: { a: 1 } },
]) {
  test(`lenient JSON: ${why}`, () => assert.deepEqual(parseLenientJson(text), becomes))
}

for (const { why, text } of [
  { why: 'a missing quote before a name, as the article has one', text: '{"a": 1, keyVault": "x"}' },
  { why: 'single quotes', text: "{'a': 1}" },
  { why: 'a comment that never ends', text: '{"a": 1 /* x }' },
  { why: 'a bare value', text: '{"a": b}' },
  { why: 'a bare name in a list', text: '[a: 1]' },
  { why: 'half a body', text: '{"a": 1' },
  { why: 'nothing', text: '' },
  { why: 'two commas', text: '[1,,2]' },
]) {
  test(`lenient JSON refuses ${why}`, () => assert.throws(() => parseLenientJson(text), SyntaxError))
}

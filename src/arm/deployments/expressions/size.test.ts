import assert from 'node:assert/strict'
import { test } from 'node:test'
import { valueOfText } from './test-evaluate.ts'

const wide = (letter: string): string => `padLeft('', 100000, '${letter}')`
const doubled = (times: number, inner: string): string =>
  times === 0 ? inner : `createArray(${doubled(times - 1, inner)})`

for (const { why, text } of [
  { why: 'a text put together', text: `concat(${Array.from({ length: 50 }, () => wide('a')).join(', ')})` },
  { why: 'each letter replaced by many', text: `replace(${wide('a')}, 'a', ${wide('b')})` },
  { why: 'a long text between many', text: `join(range(0, 10000), ${wide('a')})` },
  { why: 'a value written often', text: `format('${'{0}'.repeat(60)}', ${wide('a')})` },
  { why: 'a wide column', text: "format('{0,999999999}', 'a')" },
  { why: 'many digits', text: "format('{0:D999999999}', 1)" },
  { why: 'many places', text: "format('{0:N200}', 1)" },
  { why: 'an array of large texts', text: `map(range(0, 10000), lambda('n', ${wide('a')}))` },
  { why: 'a padding without an end', text: "padLeft('a', 1000000000)" },
  {
    why: 'an array that stands twice in itself, and so on',
    text: `reduce(range(0, 40), 'x', lambda('sum', 'n', createArray(lambdaVariables('sum'), lambdaVariables('sum'))))`,
  },
  {
    why: 'a text that doubles',
    text: `reduce(range(0, 40), 'x', lambda('sum', 'n', concat(lambdaVariables('sum'), lambdaVariables('sum'))))`,
  },
]) {
  test(`${why} is refused before it is made`, () =>
    assert.rejects(valueOfText(`[${text}]`), /larger than|more than|at most/))
}

test('what is large and within the limit is no matter', async () => {
  const value = await valueOfText(`[createArray(${doubled(20, wide('a'))}, ${wide('b')})]`)
  assert.ok(JSON.stringify(value).length > 200_000)
})

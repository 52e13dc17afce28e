import assert from 'node:assert/strict'
import { test } from 'node:test'
import { valueOfText } from './test-evaluate.ts'

const GUID = '11111111-1111-1111-1111-111111111111'
for (const [text, value] of [
  ['plain', 'plain'],
  ['[[escaped]', '[escaped]'],
  ["[concat('it''s ', 'ok')]", "it's ok"],
  ["[CONCAT('a', Parameters('text'))]", 'aabc'],
  ["[parameters('a').b[1]]", 2],
  ["[parameters('a')[concat('B', '')][sub(2, 2)]]", 1],
  ["[parameters('a').?none]".replace('.?', '?.'), null],
  ["[if(true(), 'yes', parameters('a').none)]", 'yes'],
  ["[and(false(), parameters('a').none)]", false],
  ["[or(true(), parameters('a').none)]", true],
  ["[coalesce(null(), 'x', parameters('a').none)]", 'x'],
  ["[equals(createObject('a', 1), json('{\"A\": 1}'))]", true],
  ["[resourceId('N.x/a/b', 'one', 'two')]", '/subscriptions/s/resourceGroups/g/providers/N.x/a/one/b/two'],
  ["[resourceId('o', 'N.x/a', 'one')]", '/subscriptions/s/resourceGroups/o/providers/N.x/a/one'],
  [`[resourceId('${GUID}', 'o', 'N.x/a', 'one')]`, `/subscriptions/${GUID}/resourceGroups/o/providers/N.x/a/one`],
  ["[subscriptionResourceId('N.x/a', 'one')]", '/subscriptions/s/providers/N.x/a/one'],
  ["[tenantResourceId('N.x/a', 'one')]", '/providers/N.x/a/one'],
  ["[extensionResourceId('/x', 'N.x/a', 'one')]", '/x/providers/N.x/a/one'],
  ["[join(map(range(1, 3), lambda('n', mul(lambdaVariables('n'), 2))), '-')]", '2-4-6'],
  ["[reduce(range(1, 4), 0, lambda('sum', 'n', add(lambdaVariables('sum'), lambdaVariables('n'))))]", 10],
  ["[length(filter(range(0, 9), lambda('n', less(lambdaVariables('n'), 4))))]", 4],
  [
    "[string(sort(createArray(3, 1, 2), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b')))))]",
    '[1,2,3]',
  ],
  ["[format('{0}-{1:D3}', 'a', 7)]", 'a-007'],
  ["[split('a,b;c', createArray(',', ';'))[2]]", 'c'],
  ["[substring('abcdef', 1, 3)]", 'bcd'],
  ["[padLeft('7', 3, '0')]", '007'],
  ["[base64ToString(base64('ü'))]", 'ü'],
  ["[uri('http://a.b/c/', 'd')]", 'http://a.b/c/d'],
  ["[utcNow('yyyy-MM-dd')]", '2024-02-03'],
  ["[dateTimeAdd('2024-01-31T00:00:00Z', 'P1D')]", '2024-02-01T00:00:00Z'],
  ["[dateTimeToEpoch('1970-01-02T00:00:00Z')]", 86_400],
  ['[union(createArray(1, 2), createArray(2, 3))[2]]', 3],
  ["[indexOf('abcABC', 'B')]", 1],
  ["[items(createObject('b', 2, 'a', 1))[0].key]", 'a'],
  ["[tryGet(parameters('a'), 'b', 9)]", null],
  ['[copyIndex(2)]', 6],
  ['[div(7, 2)]', 3],
  ["[not(bool('false'))]", true],
] as const) {
  test(`${text} is ${JSON.stringify(value)}`, async () => assert.deepEqual(await valueOfText(text), value))
}

for (const [text, why] of [
  ["[parameters('a').none]", /property 'none' does not exist/],
  ['[createArray(1)[5]]', /out of bounds/],
  ['[unknown(1)]', /'unknown' is not known/],
  ['[add(1)]', /takes 2 arguments/],
  ["[add(1, 'b')]", /an integer was expected/],
  ["[concat('a']", /expected before its end/],
  ["['a' 'b']", /its end/],
  ['[add(1, #)]', /unexpected character/],
  ['[div(1, 0)]', /zero/],
  ["[lambda('x', 1)]", /a lambda can only be/],
] as const) {
  test(`${text} is refused`, () => assert.rejects(valueOfText(text), why))
}

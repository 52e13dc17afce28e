/** Every group of functions by the values that the public template reference prints for its examples. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { valueOfText } from '../expressions/test-evaluate.ts'

const ABC = "createArray('one', 'two', 'three')"
const OBJECT = "createObject('one', 'a', 'two', 'b')"
const DOGS = `json('[{"name":"Evie","age":5,"interests":["Ball","Frisbee"]},{"name":"Casper","age":3,"interests":["Other dogs"]},{"name":"Indy","age":2,"interests":["Butter"]},{"name":"Kira","age":8,"interests":["Rubs"]}]')`
const dog = (rest: string): string => `lambda('dog', ${rest})`
const values: readonly (readonly [string, unknown])[] = [
  // array
  ['array(1)', [1]],
  ["array('efgh')", ['efgh']],
  ["concat('prefix-', 'b')", 'prefix-b'],
  ["concat(createArray('1-1'), createArray('2-1'))", ['1-1', '2-1']],
  [`contains('OneTwoThree', 'e')`, true],
  [`contains('OneTwoThree', 'z')`, false],
  [`contains(${OBJECT}, 'one')`, true],
  [`contains(${ABC}, 'three')`, true],
  ['empty(createArray())', true],
  ["empty('')", true],
  ['empty(null())', true],
  [`first(${ABC})`, 'one'],
  ["first('One Two Three')", 'O'],
  [`indexFromEnd(${ABC}, 1)`, 'three'],
  [`tryIndexFromEnd(${ABC}, 5)`, null],
  [`indexOf(createArray('one', 'two', 'three', 'two'), 'two')`, 1],
  [`lastIndexOf(createArray('one', 'two', 'three', 'two'), 'two')`, 3],
  [`intersection(createArray('one', 'two', 'three'), createArray('two', 'three'))`, ['two', 'three']],
  [
    "intersection(createObject('one', 'a', 'two', 'b', 'three', 'c'), createObject('one', 'a', 'two', 'z', 'three', 'c'))",
    { one: 'a', three: 'c' },
  ],
  [`last(${ABC})`, 'three'],
  ["last('One Two Three')", 'e'],
  ["length('One Two Three')", 13],
  [`length(${OBJECT})`, 2],
  ['max(createArray(0, 3, 2, 5, 4))', 5],
  ['min(0, 3, 2, 5, 4)', 0],
  ['range(5, 3)', [5, 6, 7]],
  [`skip(${ABC}, 2)`, ['three']],
  ["skip('one two three', 4)", 'two three'],
  [`take(${ABC}, 2)`, ['one', 'two']],
  ["take('one two three', 2)", 'on'],
  [
    "union(createObject('one', 'a', 'two', 'b', 'three', 'c1'), createObject('three', 'c2', 'four', 'd'))",
    { one: 'a', two: 'b', three: 'c2', four: 'd' },
  ],
  ["union(createArray('one', 'two'), createArray('two', 'four'))", ['one', 'two', 'four']],
  ['union(json(\'{"p":{"a":1,"l":[1]}}\'), json(\'{"p":{"b":2,"l":[2]}}\'))', { p: { a: 1, l: [2], b: 2 } }],
  // cidr
  [
    "parseCidr('10.144.0.0/20')",
    {
      network: '10.144.0.0',
      netmask: '255.255.240.0',
      broadcast: '10.144.15.255',
      firstUsable: '10.144.0.1',
      lastUsable: '10.144.15.254',
      cidr: 20,
    },
  ],
  [
    "parseCidr('fdad:3236:5555::/48')",
    {
      network: 'fdad:3236:5555::',
      netmask: 'ffff:ffff:ffff::',
      firstUsable: 'fdad:3236:5555::',
      lastUsable: 'fdad:3236:5555:ffff:ffff:ffff:ffff:ffff',
      cidr: 48,
    },
  ],
  ["cidrSubnet('10.144.0.0/20', 24, 4)", '10.144.4.0/24'],
  ["cidrSubnet('fdad:3236:5555::/48', 52, 1)", 'fdad:3236:5555:1000::/52'],
  ["cidrHost('10.144.3.0/24', 0)", '10.144.3.1'],
  ["cidrHost('fdad:3236:5555:3000::/52', 1)", 'fdad:3236:5555:3000::2'],
  // comparison
  ["coalesce(null(), 'default')", 'default'],
  ["equals('a', 'a')", true],
  ["equals('a', 'A')", false],
  ['equals(createArray(1, 2), createArray(1, 2))', true],
  ["less('A', 'a')", true],
  ['lessOrEquals(2, 2)', true],
  ['greater(1, 2)', false],
  ["greaterOrEquals('b', 'a')", true],
  // date
  ["dateTimeAdd('2020-04-07 14:53:14Z', 'P3Y')", '2023-04-07T14:53:14Z'],
  ["dateTimeAdd('2020-04-07 14:53:14Z', '-P9D')", '2020-03-29T14:53:14Z'],
  ["dateTimeAdd('2020-04-07 14:53:14Z', 'PT1H')", '2020-04-07T15:53:14Z'],
  ["dateTimeAdd('2020-04-07 14:53:14Z', 'PT1H', 'yyyy-MM-dd HH:mm')", '2020-04-07 15:53'],
  ["dateTimeAdd('2023-01-31T00:00:00Z', 'P1M', 'd')", '02/28/2023'],
  ["dateTimeToEpoch('2023-05-02T15:16:13Z')", 1_683_040_573],
  ['dateTimeFromEpoch(1683040573)', '2023-05-02T15:16:13Z'],
  ['utcNow()', '20240203T040506Z'],
  ["utcNow('d')", '02/03/2024'],
  ["utcNow('M d')", '2 3'],
  ["utcNow('D')", 'Saturday, 03 February 2024'],
  ["utcNow('u')", '2024-02-03 04:05:06Z'],
  ["utcNow('R')", 'Sat, 03 Feb 2024 04:05:06 GMT'],
  ["utcNow('hh:mm tt, dddd ''in'' yy')", '04:05 AM, Saturday in 24'],
  // deployment
  ['deployer().objectId', 'o'],
  // lambda
  [`map(${DOGS}, ${dog("lambdaVariables('dog').name")})`, ['Evie', 'Casper', 'Indy', 'Kira']],
  [`map(range(0, 4), lambda('i', createObject('i', lambdaVariables('i'))))`, [{ i: 0 }, { i: 1 }, { i: 2 }, { i: 3 }]],
  [
    `map(createArray('a', 'b'), lambda('x', 'i', format('{0}{1}', lambdaVariables('i'), lambdaVariables('x'))))`,
    ['0a', '1b'],
  ],
  [
    `map(filter(${DOGS}, ${dog("greaterOrEquals(lambdaVariables('dog').age, 5)")}), ${dog("lambdaVariables('dog').name")})`,
    ['Evie', 'Kira'],
  ],
  [
    `reduce(map(${DOGS}, ${dog("lambdaVariables('dog').age")}), 0, lambda('cur', 'next', add(lambdaVariables('cur'), lambdaVariables('next'))))`,
    18,
  ],
  [
    `map(sort(${DOGS}, lambda('a', 'b', less(lambdaVariables('a').age, lambdaVariables('b').age))), ${dog("lambdaVariables('dog').name")})`,
    ['Indy', 'Casper', 'Evie', 'Kira'],
  ],
  [
    `toObject(${DOGS}, ${dog("lambdaVariables('dog').name")}, ${dog("lambdaVariables('dog').age")})`,
    { Evie: 5, Casper: 3, Indy: 2, Kira: 8 },
  ],
  [
    `groupBy(createArray('foo', 'bar', 'baz'), lambda('x', substring(lambdaVariables('x'), 0, 1)))`,
    { f: ['foo'], b: ['bar', 'baz'] },
  ],
  [
    `mapValues(createObject('foo', 'foo', 'bar', 'bar'), lambda('v', toUpper(lambdaVariables('v'))))`,
    { foo: 'FOO', bar: 'BAR' },
  ],
  // logical
  ["and(bool('true'), bool('false'))", false],
  ['or(true(), false())', true],
  ['not(true())', false],
  ['bool(1)', true],
  ["if(equals('a', 'a'), 'yes', 'no')", 'yes'],
  // numeric
  ['add(5, 3)', 8],
  ['div(8, 3)', 2],
  ['mod(7, 3)', 1],
  ['mul(5, 3)', 15],
  ['sub(7, 3)', 4],
  ["int('4')", 4],
  ["float('3.5')", 3.5],
  // object
  ["createObject('intProp', 1, 'nullProp', null())", { intProp: 1, nullProp: null }],
  [
    "items(createObject('b', 1, 'a', 2))",
    [
      { key: 'a', value: 2 },
      { key: 'b', value: 1 },
    ],
  ],
  ["json('null')", null],
  ['json(\'{"a": "b"}\').a', 'b'],
  ["objectKeys(createObject('b', 2, 'a', 1))", ['a', 'b']],
  [
    "shallowMerge(createArray(createObject('x', createObject('a', 1)), createObject('x', createObject('b', 2))))",
    { x: { b: 2 } },
  ],
  [`tryGet(${OBJECT}, 'three')`, null],
  [`tryGet(${ABC}, 1)`, 'two'],
  ["contains(createObject('__proto__', 1), '__proto__')", true],
  // resource
  ["pickZones('Microsoft.Storage', 'storageAccounts', 'westus2')", []],
  // string
  ["base64('one, two, three')", 'b25lLCB0d28sIHRocmVl'],
  ["base64ToString('b25lLCB0d28sIHRocmVl')", 'one, two, three'],
  ["base64ToJson(base64('{''one'': ''a'', ''two'': ''b''}'))", { one: 'a', two: 'b' }],
  ["dataUri('Hello')", 'data:text/plain;charset=utf8;base64,SGVsbG8='],
  ["dataUriToString('data:;base64,SGVsbG8sIFdvcmxkIQ==')", 'Hello, World!'],
  ["endsWith('abcdef', 'EF')", true],
  ["startsWith('abcdef', 'AB')", true],
  [
    "format('{0}, {1}. Formatted number: {2:N0}', 'Hello', 'User', 8175133)",
    'Hello, User. Formatted number: 8,175,133',
  ],
  ["format('{0:D4}|{0:x}|{0:X4}|{0:F1}|{0:P0}|{0:E2}', 42)", '0042|2a|002A|42.0|4,200 %|4.20E+001'],
  ["format('{0:0000}|{0:#,##0}|{0:#,##0.00}|{1:x}', 1234, -1)", '1234|1,234|1,234.00|ffffffffffffffff'],
  ["format('{{{0}}}', 'braces')", '{braces}'],
  ["indexOf('test', 't')", 0],
  ["indexOf('abcdef', 'CD')", 2],
  ["lastIndexOf('test', 't')", 3],
  ["lastIndexOf('abcdef', 'z')", -1],
  ["join(createArray('one', 'two'), ',')", 'one,two'],
  ["padLeft('123', 10, '0')", '0000000123'],
  ["replace('123-123-1234', '-', '')", '1231231234'],
  ["split('one;two,three', createArray(',', ';'))", ['one', 'two', 'three']],
  ["string(createArray(1, 'a', true()))", '[1,"a",true]'],
  ['string(5)', '5'],
  ['string(true())', 'True'],
  ["substring('one two three', 4, 3)", 'two'],
  ["toUpper('One Two Three')", 'ONE TWO THREE'],
  ["trim('    one two three   ')", 'one two three'],
  ["uniqueString('tyeth')", 'zcztcwvu6iyg6'],
  // uri
  [
    "uri('http://contoso.com/resources/', 'nested/azuredeploy.json')",
    'http://contoso.com/resources/nested/azuredeploy.json',
  ],
  ["uri('http://contoso.org/firstpath/azuredeploy.json', 'myscript.sh')", 'http://contoso.org/firstpath/myscript.sh'],
  [
    "uriComponent('http://contoso.com/resources/nested/azuredeploy.json')",
    'http%3A%2F%2Fcontoso.com%2Fresources%2Fnested%2Fazuredeploy.json',
  ],
  ["uriComponentToString('http%3A%2F%2Fcontoso.com%2Fa')", 'http://contoso.com/a'],
  [
    "parseUri('https://a.blob.core.windows.net/c/b?x=1')",
    { scheme: 'https', host: 'a.blob.core.windows.net', port: 443, path: '/c/b', query: '?x=1' },
  ],
  [
    "buildUri(createObject('scheme', 'https', 'host', 'a.net', 'port', 8443, 'path', 'c', 'query', 'x=1'))",
    'https://a.net:8443/c?x=1',
  ],
]
for (const [expression, value] of values) {
  test(`${expression} is ${JSON.stringify(value)}`, async () =>
    assert.deepEqual(await valueOfText(`[${expression}]`), value))
}

for (const [expression, why] of [
  ["format('{0:Q}', 1)", /format 'Q' is not supported/],
  ["format('{1}', 1)", /no value for/],
  ["fail('that is why')", /that is why/],
  ["externalInput('a')", /parameter file/],
  ["toLogicalZone('s', 'eastus', 'z')", /no availability zones/],
  ["cidrSubnet('10.0.0.0/24', 20, 0)", /prefix of 24 to 32/],
  ["cidrSubnet('10.0.0.0/24', 25, 2)", /no subnet 2/],
  ["cidrHost('10.0.0.0/30', 9)", /no host 9/],
  ["parseCidr('10.0.0.0')", /CIDR notation/],
  ["json('{')", /no JSON/],
  ["utcNow('Q')", /no format of a date/],
  ["dateTimeAdd('2020-01-01', 'P')", /ISO 8601 duration/],
  ["dateTimeAdd('2020-01-01', 'P999999Y')", /calendar/],
  ["buildUri(createObject('scheme', 'https'))", /'host' are needed/],
  ["parseUri('nothing')", /no URI/],
  ['indexFromEnd(createArray(1), 2)', /out of bounds/],
  ['range(0, 10001)', /10000/],
] as const) {
  test(`${expression} is refused`, () => assert.rejects(valueOfText(`[${expression}]`), why))
}

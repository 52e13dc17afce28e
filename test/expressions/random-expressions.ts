/** Seeded random expressions of the template language: most of them right, some wrong in kind, number or name. */

/** mulberry32: the same expressions for the same seed. */
export function random(state: number): () => number {
  let at = state
  return () => {
    at = (at + 0x6d2b79f5) | 0
    let value = Math.imul(at ^ (at >>> 15), 1 | at)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296
  }
}

type Kind = 'text' | 'number' | 'truth' | 'list' | 'object'
/** What a function takes and answers, a form each: `a` text, `n` number, `b` truth, `l` list, `o` object, `?` anything. */
const FORMS: readonly string[] = [
  'text concat(a,a) concat(?,a,n) first(a) last(a) skip(a,n) take(a,n) toLower(a) toUpper(a) trim(a) string(?) base64(a)',
  'text base64ToString(base64(a)) base64ToString(a) dataUri(a) dataUriToString(dataUri(a)) dataUriToString(a) uriComponent(a)',
  'text uriComponentToString(uriComponent(a)) uriComponentToString(a) replace(a,a,a) padLeft(a,n) padLeft(n,n,a) join(l,a)',
  "text substring(a,n) substring(a,n,n) format('{0}-{1}',a,n) format('{{{0}}}',?) format(a,?) dateTimeFromEpoch(n)",
  "text dateTimeAdd(dateTimeFromEpoch(mul(n,86399)),'P3DT4H') dateTimeAdd('2024-02-28T23:59:58Z','-P1W') coalesce(null(),a)",
  'number add(n,n) sub(n,n) mul(n,n) div(n,n) mod(n,n) int(n) int(a) int(string(n)) max(n,n,n) min(n,n) max(l) min(l)',
  'number length(a) length(l) length(o) indexOf(a,a) lastIndexOf(a,a) indexOf(l,?) lastIndexOf(l,?) float(a) float(?)',
  'number dateTimeToEpoch(dateTimeFromEpoch(n)) dateTimeToEpoch(a)',
  'truth equals(?,?) equals(a,a) equals(n,n) equals(o,o) less(n,n) lessOrEquals(a,a) greater(a,a) greaterOrEquals(n,n)',
  'truth and(b,b) or(b,b,b) not(b) bool(a) bool(?) empty(?) contains(a,a) contains(l,?) contains(o,a) startsWith(a,a)',
  'truth endsWith(a,a) true() false()',
  'list createArray(?,?,?) createArray(n,n,n) createArray(a,a) array(?) concat(l,l) skip(l,n) take(l,n) union(l,l)',
  'list intersection(l,l) intersection(l,l,l) range(n,n) split(a,a) split(a,createArray(a,a)) items(o) objectKeys(o)',
  'object createObject(a,?) createObject(a,?,a,?) union(o,o) intersection(o,o) shallowMerge(createArray(o,o)) json(string(o))',
  'object json(a) base64ToJson(base64(string(o)))',
]
const ANY: readonly string[] = [
  'first(l)',
  'last(l)',
  'tryGet(o,a)',
  'tryGet(l,n)',
  'tryGet(?,a,n)',
  'indexFromEnd(l,n)',
  'tryIndexFromEnd(l,n)',
  'coalesce(?,?)',
  'null()',
]

const KINDS: Readonly<Record<string, Kind>> = { a: 'text', n: 'number', b: 'truth', l: 'list', o: 'object' }
const forms = Map.groupBy(
  FORMS.flatMap((line) => {
    const [kind = '', ...of] = line.split(' ')
    return of.map((form) => ({ kind, form }))
  }),
  ({ kind }) => kind,
)

/** Odd on purpose: letters of two halves, names that objects inherit, what other languages fold or format. */
const TEXTS = [
  '',
  'a',
  'B',
  'abc',
  'ABC',
  'b,a;b',
  '-',
  ',',
  "it''s",
  '__proto__',
  'constructor',
  'toString',
  'name',
  'NAME',
  '{0}',
  '{{x}}',
  'ü €',
  '😀x',
  '%41',
  '%',
  'true',
  'False',
  '12',
  '-7',
  '1.5',
  '0x10',
  '1e2',
  ' 3 ',
  '[1]',
  '{"a":{"B":[1,null]}}',
  'YWJj',
  'YQ==',
  'data:,a%20b',
  'data:text/plain;base64,YWI=',
  "!*()~''",
  '$&',
  '2024-02-29T00:00:00Z',
  '2023-02-29T00:00:00Z',
]

/** Expressions without their brackets, one after the other. */
export function expressions(next: () => number): () => string {
  const below = (limit: number): number => Math.floor(next() * limit)
  const pick = <Item>(items: readonly Item[], otherwise: Item): Item => items[below(items.length)] ?? otherwise
  const cased = (name: string): string => (next() < 0.05 ? name.toUpperCase() : name)

  function leaf(kind: Kind, names: readonly string[]): string {
    const [name] = names
    if (name !== undefined && next() < 0.5) return `lambdaVariables('${pick(names, name)}')`
    if (next() < 0.15) return `${pick(['parameters', 'variables'], 'parameters')}('${kind}')`
    switch (kind) {
      case 'text':
        return `'${pick(TEXTS, '')}'`
      case 'number':
        return String(pick([0, 1, 2, 3, -1, -4, 7, 10, 100, 2_147_483_647], 0))
      case 'truth':
        return pick(['true()', 'false()'], 'true()')
      case 'list':
        return pick(["createArray('a', 'B', 'a')", 'createArray(3, 1, 2)', 'createArray()', 'range(1, 4)'], '')
      case 'object':
        return pick(["createObject('a', 1, 'B', createObject('c', null()))", 'createObject()'], '')
    }
  }

  function written(kind: Kind, depth: number, names: readonly string[]): string {
    const wished = next() < 0.02 ? pick<Kind>(['text', 'number', 'truth', 'list', 'object'], kind) : kind
    if (depth <= 0 || next() < 0.15) return leaf(wished, names)
    const how = next()
    if (how < 0.06) return conditional(wished, depth, names)
    if (how < 0.12) return accessed(depth, names)
    if (how < 0.24) return overLambda(wished, depth, names)
    if (how < 0.3) return filled(pick(ANY, 'null()'), depth, names)
    return filled(pick(forms.get(wished) ?? [], { kind: '', form: 'null()' }).form, depth, names)
  }

  const anything = (depth: number, names: readonly string[]): string =>
    written(pick<Kind>(['text', 'number', 'truth', 'list', 'object'], 'text'), depth, names)

  function filled(form: string, depth: number, names: readonly string[]): string {
    const whole = form.replaceAll(/'[^']*'|[a-zA-Z]{2,}\(|[anblo?](?=[,)])/g, (piece) => {
      if (piece.startsWith("'")) return piece
      if (piece.endsWith('(')) return `${cased(piece.slice(0, -1))}(`
      const kind = KINDS[piece]
      return kind ? written(kind, depth - 1, names) : anything(depth - 1, names)
    })
    // One argument too many, now and then.
    return next() < 0.005 ? `${whole.slice(0, -1)}, 1)` : whole.replaceAll(',', next() < 0.1 ? ' , ' : ',')
  }

  function conditional(kind: Kind, depth: number, names: readonly string[]): string {
    const [yes, no] = [written(kind, depth - 1, names), written(kind, depth - 1, names)]
    // What is not taken may be wrong.
    const wrong = next() < 0.3 ? 'div(1, 0)' : no
    return next() < 0.5 ? `if(${written('truth', depth - 1, names)}, ${yes}, ${wrong})` : `if(true(), ${yes}, ${wrong})`
  }

  function accessed(depth: number, names: readonly string[]): string {
    if (next() < 0.5) {
      const mark = pick(['.', '?.'], '.')
      return `${written('object', depth - 1, names)}${mark}${pick(['a', 'A', 'B', 'b.c', 'constructor', 'none'], 'a')}`
    }
    const mark = pick(['[', '[?'], '[')
    return next() < 0.6
      ? `${written('list', depth - 1, names)}${mark}${written('number', depth - 1, names)}]`
      : `${written('object', depth - 1, names)}${mark}${written('text', depth - 1, names)}]`
  }

  function overLambda(kind: Kind, depth: number, names: readonly string[]): string {
    const name = pick(['x', 'y', 'Z'], 'x')
    const inside = [...names, name]
    const list = written('list', depth - 1, names)
    const body = (of: Kind): string => written(of, depth - 1, inside)
    switch (kind) {
      case 'list':
        return pick(
          [
            `map(${list}, lambda('${name}', ${body('text')}))`,
            `map(${list}, lambda('${name}', 'at', concat(string(lambdaVariables('${name}')), lambdaVariables('AT'))))`,
            `filter(${list}, lambda('${name}', ${body('truth')}))`,
            `sort(${list}, lambda('l', 'r', less(lambdaVariables('l'), lambdaVariables('r'))))`,
            `sort(${list}, lambda('l', 'r', greater(length(string(lambdaVariables('l'))), length(string(lambdaVariables('r'))))))`,
          ],
          '',
        )
      case 'object':
        return pick(
          [
            `groupBy(${list}, lambda('${name}', string(${body('text')})))`,
            `toObject(${list}, lambda('${name}', string(lambdaVariables('${name}'))))`,
            `toObject(${list}, lambda('${name}', ${body('text')}), lambda('${name}', ${body('number')}))`,
            `mapValues(${written('object', depth - 1, names)}, lambda('${name}', ${body('text')}))`,
          ],
          '',
        )
      case 'number':
        return `reduce(${list}, 0, lambda('sum', '${name}', add(lambdaVariables('sum'), length(string(lambdaVariables('${name}'))))))`
      case 'text':
        return `reduce(${list}, ${written('text', depth - 1, names)}, lambda('sum', '${name}', concat(lambdaVariables('sum'), ${body('text')})))`
      case 'truth':
        return `empty(filter(${list}, lambda('${name}', ${body('truth')})))`
    }
  }

  return () => anything(1 + below(4), [])
}

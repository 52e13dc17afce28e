/**
 * SQL's LIKE: `%` is any text, `_` any one character.
 *
 * By going back to the last `%` alone, which is never more than the product of both lengths; a regular expression with
 * many wildcards may take longer than anybody waits.
 */
export function isLike(text: string, pattern: string): boolean {
  const [characters, wanted] = [[...text], [...pattern]]
  let at = 0
  let of = 0
  let star = -1
  let from = 0
  while (at < characters.length) {
    if (wanted[of] === '%') {
      star = of++
      from = at
    } else if (of < wanted.length && (wanted[of] === '_' || wanted[of] === characters[at])) {
      of++
      at++
    } else if (star >= 0) {
      of = star + 1
      at = ++from
    } else {
      return false
    }
  }
  while (wanted[of] === '%') of++
  return of === wanted.length
}

/**
 * Rows of a delimited text (RFC 4180, with any delimiter): fields in quotation marks may hold delimiters, line ends and
 * doubled marks. Empty lines are no rows. Stops at so many rows.
 */
export function parseDelimited(
  text: string,
  { delimiter, limit }: { readonly delimiter: string; readonly limit: number },
): readonly (readonly string[])[] {
  const rows: string[][] = []
  let row: string[] = []
  let at = text.startsWith('\uFEFF') ? 1 : 0
  while (at < text.length && rows.length < limit) {
    const [field, end] = text[at] === '"' ? quoted(text, at) : plain(text, at, delimiter)
    row.push(field)
    at = end
    if (text.startsWith(delimiter, at) && at < text.length) {
      at += delimiter.length
      if (at < text.length) continue
      row.push('')
    }
    while (text[at] === '\r' || text[at] === '\n') at++
    if (row.length > 1 || row[0] !== '') rows.push(row)
    row = []
  }
  return rows
}

function quoted(text: string, start: number): readonly [string, number] {
  let field = ''
  let at = start + 1
  for (;;) {
    const mark = text.indexOf('"', at)
    if (mark < 0) return [field + text.slice(at), text.length]
    field += text.slice(at, mark)
    if (text[mark + 1] !== '"') return [field, mark + 1]
    field += '"'
    at = mark + 2
  }
}

function plain(text: string, start: number, delimiter: string): readonly [string, number] {
  let at = start
  while (at < text.length && text[at] !== '\n' && text[at] !== '\r' && !text.startsWith(delimiter, at)) at++
  return [text.slice(start, at), at]
}

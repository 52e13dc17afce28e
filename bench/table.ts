/** One line of the table. */
export interface Row {
  readonly what: string
  readonly ours: string
  /** What the peer did in the same run, or the goal where there is no peer to run. */
  readonly goal?: string
  /** Ours by theirs. */
  readonly ratio?: string
  readonly met?: boolean
}

/** The rows as a Markdown table whose columns line up in a terminal too. */
export function render(rows: readonly Row[], machine: string): string {
  const cells = [
    ['what', 'Lazuli', 'goal or peer', 'ratio', 'met'],
    ...rows.map(({ what, ours, goal, ratio, met }) => [
      what,
      ours,
      goal ?? '',
      ratio ?? '',
      met === undefined ? '' : met ? 'yes' : 'NO',
    ]),
  ]
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`
  const [head = [], ...rest] = cells.map((row) => line(row))
  return `${machine}\n\n${head}\n|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|\n${rest.join('\n')}\n`
}

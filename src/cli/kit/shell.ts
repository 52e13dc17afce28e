/** A word for sh, bash and zsh that means itself and nothing more. */
export const quote = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`

/** Lines that set variables, or unset those without a value. For `eval`, in any POSIX shell. */
export const assignments = (variables: Readonly<Record<string, string | undefined>>): string =>
  Object.entries(variables)
    .map(([name, value]) => (value === undefined ? `unset ${name}` : `export ${name}=${quote(value)}`))
    .join('\n')

/** Docker's own expansion: `$A`, `${A}`, `${A:-else}`, `${A:+then}`; `\$` is a dollar. What is not set is nothing. */
export const expand = (text: string, meaning: (name: string) => string | undefined): string =>
  text.replace(
    /\\\$|\$(?:(\w+)|\{(\w+)(?::([-+])([^}]*))?\})/g,
    (all, plain?: string, braced?: string, operator?: string, word = '') => {
      if (all === '\\$') return '$'
      const value = meaning(plain ?? braced ?? '')
      if (operator === '-') return value ? value : expand(word, meaning)
      if (operator === '+') return value ? expand(word, meaning) : ''
      return value ?? ''
    },
  )

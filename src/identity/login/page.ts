/** A text as HTML shows it, whoever wrote it. */
export const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')

export interface PageParts {
  readonly title: string
  /** HTML. */
  readonly main: string
  /** What went wrong before: read out at once, and named in the title. */
  readonly problem?: string
}

/**
 * A page for people. It works without scripts, by keyboard, with a screen reader, at 200 % and in the dark; its one
 * style stands in it, so that no other request is made.
 */
export const page = ({ title, main, problem }: PageParts): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${problem === undefined ? '' : 'Error: '}${escaped(title)} – Lazuli</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<p class="brand">Lazuli</p>
<h1>${escaped(title)}</h1>
${problem === undefined ? '' : `<p role="alert" class="problem" id="problem"><strong>Error:</strong> ${escaped(problem)}</p>`}
${main}
</main>
</body>
</html>
`

export interface FieldParts {
  readonly name: string
  readonly label: string
  readonly type?: 'text' | 'password'
  readonly autocomplete: string
  readonly value?: string
  readonly hint?: string
  readonly focus?: boolean
  /** Whether the page says that something was wrong, which this field may be. */
  readonly wrong?: boolean
}

/** A labelled field of a form. */
export function field({
  name,
  label,
  type = 'text',
  autocomplete,
  value = '',
  hint,
  focus,
  wrong,
}: FieldParts): string {
  const described = [hint === undefined ? '' : `${name}-hint`, wrong ? 'problem' : ''].filter(Boolean).join(' ')
  return `<label for="${name}">${escaped(label)}</label>
${hint === undefined ? '' : `<p class="hint" id="${name}-hint">${escaped(hint)}</p>`}
<input id="${name}" name="${name}" type="${type}" value="${escaped(value)}" autocomplete="${autocomplete}" required spellcheck="false" autocapitalize="none"${focus ? ' autofocus' : ''}${wrong ? ' aria-invalid="true"' : ''}${described === '' ? '' : ` aria-describedby="${described}"`}>`
}

export const hidden = (name: string, value: string): string =>
  `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`

/** An origin as a content policy names it; one of a scheme of its own by the scheme. */
export function originOf(address: string): string {
  const url = URL.parse(address)
  return url?.origin && url.origin !== 'null' ? url.origin : (url?.protocol ?? '')
}

/** The style's hash stands in the policy of each page; see `answer.ts`. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1b1a19;--paper:#fff;--ground:#f3f2f1;--quiet:#5f5e5c;--line:#8a8886;--blue:#1a4f9c;--on-blue:#fff;--bad:#a4262c}
@media (prefers-color-scheme:dark){:root{--ink:#f3f2f1;--paper:#252423;--ground:#11100f;--quiet:#c8c6c4;--line:#979593;--blue:#8ab4f8;--on-blue:#11100f;--bad:#ff99a4}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
main{max-width:27rem;margin:8vh auto 0;padding:2rem;background:var(--paper);border-radius:.5rem}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem}
.brand{margin:0 0 1.5rem;font-weight:600;color:var(--blue)}
label{display:block;margin-top:1rem;font-weight:600}
.hint{margin:0;color:var(--quiet);font-size:.9rem}
input:not([type=hidden]){width:100%;margin-top:.25rem;padding:.6rem;font:inherit;color:inherit;background:transparent;border:1px solid var(--line);border-radius:.25rem}
button,.button{display:inline-block;margin-top:1.5rem;padding:.6rem 1.5rem;font:inherit;font-weight:600;color:var(--on-blue);background:var(--blue);border:1px solid transparent;border-radius:.25rem;cursor:pointer;text-decoration:none}
:focus-visible{outline:3px solid var(--blue);outline-offset:2px}
.problem{padding:.75rem;border-left:4px solid var(--bad);color:var(--bad)}
@media (max-width:30rem){main{margin-top:0;min-height:100vh;border-radius:0}}
`

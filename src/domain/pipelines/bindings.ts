/** What a `${{…}}` in a pipeline leads to. */
export type Binding =
  | { readonly to: 'input'; readonly name: string }
  | { readonly to: 'output'; readonly node: string; readonly name: string }

const EXPRESSION = /\$\{\{\s*parent\.(?:inputs\.([\w.-]+)|jobs\.([\w-]+)\.outputs\.([\w.-]+))\s*\}\}/g
const NODE = /^\$\{\{\s*parent\.jobs\.([\w-]+)\s*\}\}$/
const PIPELINE_OUTPUT = /^\$\{\{\s*parent\.outputs\.([\w.-]+)\s*\}\}$/
const OWN = /^\$\{\{\s*(?:parent\.jobs\.[\w-]+\.)?(?:inputs|outputs)\.([\w.-]+)\s*\}\}$/

/** The bindings in a text, in order. */
export const bindingsIn = (text: string): readonly Binding[] =>
  [...text.matchAll(EXPRESSION)].map((match) => read(match))

/** The binding that the whole text is; undefined for any other text. */
export function bindingOf(text: string): Binding | undefined {
  const [match] = [...text.matchAll(EXPRESSION)]
  return match && match[0] === text.trim() ? read(match) : undefined
}

/** The text with each of its bindings replaced by a text. */
export async function filled(text: string, value: (binding: Binding) => Promise<string>): Promise<string> {
  let result = ''
  let end = 0
  for (const match of text.matchAll(EXPRESSION)) {
    result += text.slice(end, match.index) + (await value(read(match)))
    end = match.index + match[0].length
  }
  return result + text.slice(end)
}

/** `x` of `${{parent.jobs.x}}`, which blocks and bodies of control flow are named by. */
export const nodeNamed = (text: string): string | undefined => NODE.exec(text.trim())?.[1]

/** `x` of `${{parent.outputs.x}}`, by which a node's output becomes the pipeline's. */
export const pipelineOutputNamed = (text: string): string | undefined => PIPELINE_OUTPUT.exec(text.trim())?.[1]

/** The port's name of `x`, `${{inputs.x}}` or `${{parent.jobs.n.outputs.x}}`: loops name ports in each of these ways. */
export const portNamed = (text: string): string => OWN.exec(text.trim())?.[1] ?? text

function read([, input, node = '', name = '']: RegExpMatchArray): Binding {
  return input === undefined ? { to: 'output', node, name } : { to: 'input', name: input }
}

import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { fault } from '../../faults.ts'
import { isObject } from '../../json.ts'

export const XML = '<?xml version="1.0" encoding="utf-8"?>'

const SPECIAL: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

export const escaped = (text: string): string =>
  /[&<>"\r]/.test(text) ? text.replace(/[&<>"]/g, (one) => SPECIAL[one] ?? one).replaceAll('\r', '&#13;') : text

/** An element with a text; empty where there is none. */
export const element = (name: string, text: string | number | undefined): string =>
  text === undefined || text === '' ? `<${name} />` : `<${name}>${escaped(String(text))}</${name}>`

/** Characters that XML 1.0 can't hold, escaped or not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const UNSPEAKABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/

/** A blob's name; one that XML can't hold is percent-encoded and says so, as Azure does since 2021. */
export const nameElement = (name: string): string =>
  UNSPEAKABLE.test(name) ? `<Name Encoded="true">${encodeURIComponent(name)}</Name>` : element('Name', name)

export interface XmlNode {
  readonly name: string
  readonly text: string
  readonly children: readonly XmlNode[]
}

const parser = new XMLParser({
  preserveOrder: true,
  parseTagValue: false,
  trimValues: true,
  ignoreDeclaration: true,
  processEntities: true,
})

/** A document's root with its children in their order. @throws InvalidXmlDocument */
export function parseXml(text: string): XmlNode {
  const plain = text.replace(/^\ufeff/, '')
  // A document type could only do harm here.
  if (plain.includes('<!DOCTYPE') || XMLValidator.validate(plain) !== true) throw fault('InvalidXmlDocument')
  const [root] = nodesOf(parsed(plain))
  if (!root) throw fault('InvalidXmlDocument')
  return root
}

function parsed(text: string): unknown {
  try {
    return parser.parse(text)
  } catch (cause) {
    // What the validator lets through and the parser does not: an instruction that is not closed, say.
    throw fault('InvalidXmlDocument', {}, { cause })
  }
}

function nodesOf(value: unknown): readonly XmlNode[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((one: unknown): XmlNode[] => {
    if (!isObject(one)) return []
    const name = Object.keys(one).find((key) => key !== ':@' && key !== '#text' && !key.startsWith('?'))
    if (name === undefined) return []
    const inside: unknown = one[name]
    return [{ name, text: textOf(inside), children: nodesOf(inside) }]
  })
}

function textOf(value: unknown): string {
  if (!Array.isArray(value)) return ''
  return value.map((one: unknown) => (isObject(one) && one['#text'] !== undefined ? String(one['#text']) : '')).join('')
}

export const childOf = (node: XmlNode, name: string): XmlNode | undefined =>
  node.children.find((child) => child.name === name)

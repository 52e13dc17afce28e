import { inSentence, type Json } from '../../../json.ts'
import { ExpressionError } from '../expressions/parse.ts'
import type { FunctionTable } from '../expressions/scope.ts'
import { asInteger, asObject, asText, member } from '../expressions/values.ts'
import { fromComponent, toComponent } from './encodings.ts'

/** URIs and their parts. */
export const uriFunctions: FunctionTable = {
  buildUri: {
    min: 1,
    call: ([value]) => {
      const parts = asObject(value)
      const text = (name: string): string => {
        const part = member(parts, name)
        return part === undefined || part === null ? '' : asText(part)
      }
      const scheme = text('scheme')
      const host = text('host')
      const port = member(parts, 'port')
      if (scheme === '' || host === '') throw new ExpressionError("'scheme' and 'host' are needed")
      const path = text('path').replace(/^\/?/, '/')
      const query = text('query').replace(/^(?=[^?])/, '?')
      const at = port === undefined || port === null || port === -1 ? '' : `:${asInteger(port)}`
      return uriOf(`${scheme}://${host}${at}${path}${query}`).href
    },
  },
  parseUri: {
    min: 1,
    call: ([value]) => {
      const { protocol, hostname, port, pathname, search } = uriOf(asText(value))
      const standard = { 'http:': 80, 'https:': 443 }[protocol]
      return {
        scheme: protocol.slice(0, -1),
        host: hostname,
        ...((port !== '' || standard !== undefined) && { port: port === '' ? standard : Number(port) }),
        path: pathname,
        ...(search !== '' && { query: search }),
      }
    },
  },
  uri: {
    min: 2,
    call: ([base, relative]) => {
      try {
        return new URL(asText(relative), asText(base)).href
      } catch {
        throw noUri(base)
      }
    },
  },
  uriComponent: { min: 1, call: ([text]) => toComponent(asText(text)) },
  uriComponentToString: { min: 1, call: ([text]) => fromComponent(asText(text)) },
}

function uriOf(text: string): URL {
  try {
    return new URL(text)
  } catch {
    throw noUri(text)
  }
}

const noUri = (value: Json | undefined): ExpressionError => new ExpressionError(`'${inSentence(value)}' is no URI`)

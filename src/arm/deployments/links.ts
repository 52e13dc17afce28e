import { type Fault, fault, isFault } from '../../faults.ts'
import { inSentence, isObject, type Json, type JsonObject, textAt } from '../../json.ts'
import { parseLenientJson } from '../../lenient-json.ts'
import type { ArmDeps } from '../arm-deps.ts'
import type { Prepared, TemplateLink } from './prepared.ts'

/** The template that a deployment links to. @throws InvalidContentLink, InvalidDeployment, DeploymentNotHere */
export async function linkedTemplate(arm: ArmDeps, link: JsonObject): Promise<Pick<Prepared, 'template' | 'link'>> {
  if (link.id !== undefined) throw fault('DeploymentNotHere', { what: 'A template spec' })
  const uri = textAt(link.uri)
  if (uri === undefined) {
    const reason =
      link.relativePath === undefined
        ? "its 'templateLink' has no 'uri'"
        : "the 'relativePath' of its 'templateLink' is relative to nothing: the template around it was read from no URI"
    throw fault('InvalidDeployment', { reason })
  }
  const queryString = textAt(link.queryString)
  const template = await documentAt(arm, uri, queryString)
  demandContentVersion(link, template, uri)
  const contentVersion = textAt(template.contentVersion)
  return {
    template,
    link: {
      uri,
      ...(queryString !== undefined && { queryString }),
      ...(contentVersion !== undefined && { contentVersion }),
    },
  }
}

/** The parameter file that a deployment links to. @throws InvalidContentLink, InvalidDeployment */
export async function linkedParameters(arm: ArmDeps, link: JsonObject): Promise<JsonObject> {
  const uri = textAt(link.uri)
  if (uri === undefined) throw fault('InvalidDeployment', { reason: "its 'parametersLink' has no 'uri'" })
  const file = await documentAt(arm, uri, undefined)
  demandContentVersion(link, file, uri)
  return file
}

/** A nested deployment's body, its relative link made absolute. What reads the template around it reads this one too. */
export function withAbsoluteLink(body: JsonObject, around: TemplateLink | undefined): JsonObject {
  const properties = isObject(body.properties) ? body.properties : {}
  const link = isObject(properties.templateLink) ? properties.templateLink : {}
  const path = textAt(link.relativePath)
  if (path === undefined || textAt(link.uri) !== undefined || !around) return body
  const { relativePath: _path, ...own } = link
  const queryString = textAt(link.queryString) ?? around.queryString
  const templateLink = {
    ...own,
    uri: absolute(path, around.uri),
    ...(queryString !== undefined && { queryString }),
  }
  return { ...body, properties: { ...properties, templateLink } }
}

/** A link as anybody may see it: a query may hold a signature. */
export const shownLink = ({ uri, contentVersion }: TemplateLink): JsonObject => ({
  uri: withoutQuery(uri),
  ...(contentVersion !== undefined && { contentVersion }),
})

const withoutQuery = (uri: string): string => uri.replace(/[?#].*$/s, '')

function absolute(path: string, base: string): string {
  try {
    return new URL(path, base).href
  } catch {
    throw unreadable(path, `it is no path relative to '${withoutQuery(base)}'`)
  }
}

async function documentAt({ documents }: ArmDeps, uri: string, queryString: string | undefined): Promise<JsonObject> {
  const query = queryString === undefined || queryString === '' ? '' : `?${queryString.replace(/^\?/, '')}`
  let read: unknown
  try {
    const text = await documents.read(`${uri}${query}`)
    read = parseLenientJson(text)
  } catch (error) {
    if (isFault(error)) throw unreadable(uri, error.message, error)
    if (error instanceof SyntaxError) throw unreadable(uri, 'it is no JSON', error)
    throw error
  }
  if (isObject(read as Json)) return read as JsonObject
  throw unreadable(uri, 'it is no JSON object')
}

const unreadable = (uri: string, reason: string, cause?: unknown): Fault =>
  fault('InvalidContentLink', { uri: withoutQuery(uri), reason: reason.replace(/\.$/, '') }, { cause })

/** @throws InvalidDeployment where a link names another version than what it leads to has */
function demandContentVersion({ contentVersion }: JsonObject, found: JsonObject, uri: string): void {
  if (contentVersion === undefined || contentVersion === null || contentVersion === found.contentVersion) return
  throw fault('InvalidDeployment', {
    reason: `the content version '${inSentence(contentVersion)}' of its link is not that of '${withoutQuery(uri)}', which is '${inSentence(found.contentVersion)}'`,
  })
}

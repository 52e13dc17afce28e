import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'

/**
 * The job without a Ray distribution. The facts of some versions have none, and azure-ai-ml writes it at one of those, as
 * Azure's service takes it; `resolveDistribution` looks at it.
 */
export function withoutRay(body: JsonObject): JsonObject {
  const { distribution, ...properties } = objectAt(body.properties)
  return isRay(distribution) ? { ...body, properties } : body
}

/** The checked body with the Ray distribution that was sent. */
export function withRay(checked: JsonObject, sent: JsonObject): JsonObject {
  const { distribution } = objectAt(sent.properties)
  if (!isRay(distribution)) return checked
  return {
    ...checked,
    properties: { ...objectAt(checked.properties), distribution: { ...distribution, distributionType: 'Ray' } },
  }
}

const isRay = (distribution: unknown): distribution is JsonObject =>
  isObject(distribution) && textAt(distribution.distributionType)?.toLowerCase() === 'ray'

import { isObject, type JsonObject, objectAt, textAt } from '../json.ts'
import type { Protection } from './core.ts'

/** A rule for pages of other origins. Lists hold `*` for everything. */
export interface CorsRule {
  readonly origins: readonly string[]
  readonly methods: readonly string[]
  readonly allowedHeaders: readonly string[]
  readonly exposedHeaders: readonly string[]
  readonly maxAge: number
}

/** What an account's blob or file service was told. It is ARM's `blobServices/default`: one truth for both faces. */
export interface ServiceSettings extends Omit<Protection, 'hierarchical'> {
  readonly cors: readonly CorsRule[]
  readonly defaultVersion: string | undefined
}

/** Understands the properties of ARM's resource. */
export function settingsOf(properties: JsonObject): ServiceSettings {
  const days = (name: string): number | undefined => {
    const policy = objectAt(properties[name])
    return policy.enabled === true && typeof policy.days === 'number' ? policy.days : undefined
  }
  const rules = objectAt(properties.cors).corsRules
  return {
    versions: properties.isVersioningEnabled === true,
    blobDays: days('deleteRetentionPolicy'),
    containerDays: days('containerDeleteRetentionPolicy'),
    permanentDelete: objectAt(properties.deleteRetentionPolicy).allowPermanentDelete === true,
    cors: Array.isArray(rules) ? rules.filter(isObject).map(ruleOf) : [],
    defaultVersion: textAt(properties.defaultServiceVersion),
  }
}

const ruleOf = (rule: JsonObject): CorsRule => ({
  origins: texts(rule.allowedOrigins),
  methods: texts(rule.allowedMethods).map((method) => method.toUpperCase()),
  allowedHeaders: texts(rule.allowedHeaders),
  exposedHeaders: texts(rule.exposedHeaders),
  maxAge: typeof rule.maxAgeInSeconds === 'number' ? rule.maxAgeInSeconds : 0,
})

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []

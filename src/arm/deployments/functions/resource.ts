import { inSentence, type Json } from '../../../json.ts'
import { ExpressionError } from '../expressions/parse.ts'
import type { FunctionTable } from '../expressions/scope.ts'
import { asText } from '../expressions/values.ts'

const MANY = Number.POSITIVE_INFINITY
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Ids of resources, and what they are at run time. */
export const resourceFunctions: FunctionTable = {
  extensionResourceId: {
    min: 3,
    max: MANY,
    call: ([scope, ...rest]) => `${asText(scope).replace(/\/$/, '')}${below(rest.map(asText))}`,
  },
  managementGroupResourceId: {
    min: 2,
    max: MANY,
    call: () => {
      throw new ExpressionError('there are no management groups here')
    },
  },
  // Azure answers an empty array where a region or a type has no zones, and none here has.
  pickZones: { min: 3, max: 6, call: () => [] },
  providers: {
    min: 1,
    max: 2,
    call: ([namespace, type], { outside }) =>
      outside.providers(asText(namespace), type === undefined ? undefined : asText(type)),
  },
  reference: {
    min: 1,
    max: 3,
    call: ([name, version, full], { outside }) =>
      outside.reference(asText(name), optional(version), isFull(full ?? null)),
  },
  references: {
    min: 1,
    max: 2,
    call: ([loop, full], { outside }) => outside.references(asText(loop), isFull(full ?? null)),
  },
  resourceId: {
    min: 2,
    max: MANY,
    call: (args, { outside }) => {
      const texts = args.map(asText)
      const type = texts.findIndex((text) => text.includes('/'))
      if (type < 0 || type > 2) throw new ExpressionError('a resource type was expected, after its group at most')
      const scope = texts.slice(0, type)
      const [first, second] = scope
      const subscription = scope.length === 2 || (first !== undefined && GUID.test(first)) ? first : undefined
      const group = scope.length === 2 ? second : subscription === undefined ? first : undefined
      const { place } = outside
      const inSubscription = subscription ?? place.subscriptionId
      const inGroup = group ?? (subscription === undefined || scope.length === 2 ? place.resourceGroup : undefined)
      const at = inSubscription === undefined ? '' : `/subscriptions/${inSubscription}`
      return `${at}${inGroup === undefined ? '' : `/resourceGroups/${inGroup}`}${below(texts.slice(type))}`
    },
  },
  resourceInfo: { min: 1, call: ([symbol], { outside }) => outside.resourceInfo(asText(symbol)) },
  subscriptionResourceId: {
    min: 2,
    max: MANY,
    call: (args, { outside }) => {
      const texts = args.map(asText)
      const own = texts[0]?.includes('/') ? undefined : texts[0]
      const subscription = own ?? outside.place.subscriptionId
      if (subscription === undefined) throw new ExpressionError('the deployment is in no subscription')
      return `/subscriptions/${subscription}${below(own === undefined ? texts : texts.slice(1))}`
    },
  },
  toLogicalZone: { min: 3, call: noZones },
  toLogicalZones: { min: 3, call: noZones },
  toPhysicalZone: { min: 3, call: noZones },
  toPhysicalZones: { min: 3, call: noZones },
  tenantResourceId: { min: 2, max: MANY, call: (args) => below(args.map(asText)) },
}

function noZones(): never {
  throw new ExpressionError('there are no availability zones here')
}

const optional = (value: Json | undefined): string | undefined =>
  value === undefined || value === null || value === '' ? undefined : asText(value)

const isFull = (value: Json): boolean => {
  if (value === null) return false
  if (asText(value).toLowerCase() === 'full') return true
  throw new ExpressionError(`'Full' was expected in place of '${inSentence(value)}'`)
}

/** `/providers/{namespace}/{type}/{name}…`, a name for each step of the type. */
function below([type = '', ...names]: readonly string[]): string {
  const [namespace, ...steps] = type.split('/')
  if (!namespace || steps.length === 0) throw new ExpressionError(`'${type}' is no resource type`)
  if (steps.length !== names.length) {
    throw new ExpressionError(`the type '${type}' takes ${steps.length} names and was given ${names.length}`)
  }
  return `/providers/${namespace}/${steps.map((step, at) => `${step}/${names[at]}`).join('/')}`
}

/**
 * An Azure resource id, parsed once into a value. Comparison folds case; the spelling of creation is what is shown.
 *
 * Source: Azure Resource Manager, "resource id" grammar:
 * `/subscriptions/{s}/resourceGroups/{g}/providers/{namespace}/{type}/{name}(/{type}/{name})*`, also at tenant and
 * subscription scope, and as an extension (`{scope}/providers/{namespace}/{type}/{name}`).
 */
export interface ResourceId {
  /** The id as written, with one leading slash and none trailing. */
  readonly text: string
  /** The folded form: two ids are the same resource when their keys are equal. Store and compare by this. */
  readonly key: string
  /** `Namespace/type/childType` as written; '' for the tenant root. */
  readonly type: string
  /** The last name; '' for the tenant root. */
  readonly name: string
  readonly subscriptionId: string | undefined
  readonly resourceGroup: string | undefined
  /** The id one step up: the parent resource, then the group, then the subscription, then the tenant. */
  readonly parent: ResourceId | undefined
}

const GROUPS = 'Microsoft.Resources/resourceGroups'
const SUBSCRIPTIONS = 'Microsoft.Resources/subscriptions'

/** Parses an id, or answers undefined where the text is none. An id without its leading slash is taken as one. */
export function parseResourceId(text: string): ResourceId | undefined {
  const segments = text.split('/').filter((segment, at) => segment !== '' || at > 0)
  if (segments.at(-1) === '') segments.pop()
  if (segments.some((segment) => segment === '')) return undefined
  return build(segments)
}

/** The id of a child: `child(workspace, 'computes', 'cpu')`. */
export function childId(parent: ResourceId, type: string, name: string): ResourceId {
  return make(`${parent.text}/${type}/${name}`, `${parent.type}/${type}`, name, parent)
}

/** The id of a top-level or extension resource: `providerId(group, 'Microsoft.Storage', 'storageAccounts', 'a')`. */
export function providerId(scope: ResourceId, namespace: string, type: string, name: string): ResourceId {
  return make(`${scope.text}/providers/${namespace}/${type}/${name}`, `${namespace}/${type}`, name, scope)
}

export const subscriptionId = (id: string): ResourceId =>
  make(`/subscriptions/${id}`, SUBSCRIPTIONS, id, TENANT, { subscriptionId: id })

export const groupId = (subscription: string, name: string): ResourceId =>
  make(`/subscriptions/${subscription}/resourceGroups/${name}`, GROUPS, name, subscriptionId(subscription), {
    resourceGroup: name,
  })

/** The tenant root: the parent of every subscription. */
export const TENANT: ResourceId = {
  text: '',
  key: '',
  type: '',
  name: '',
  subscriptionId: undefined,
  resourceGroup: undefined,
  parent: undefined,
}

export const sameId = (a: string, b: string): boolean => foldId(a) === foldId(b)

/** The folded form of any id text, for keys of things that live under a resource. */
export const foldId = (text: string): string => `/${text.replace(/^\/+|\/+$/g, '').toLowerCase()}`

function build(segments: readonly string[]): ResourceId | undefined {
  let id: ResourceId = TENANT
  let rest = segments
  if (rest[0]?.toLowerCase() === 'subscriptions' && rest[1]) {
    id = subscriptionId(rest[1])
    rest = rest.slice(2)
    if (rest[0]?.toLowerCase() === 'resourcegroups' && rest[1]) {
      id = make(`${id.text}/${rest[0]}/${rest[1]}`, GROUPS, rest[1], id, { resourceGroup: rest[1] })
      rest = rest.slice(2)
    }
  }
  while (rest.length > 0) {
    const [first, namespace, type, name] = rest
    if (first?.toLowerCase() !== 'providers' || !namespace || !type || !name) return undefined
    id = providerId(id, namespace, type, name)
    rest = rest.slice(4)
    while (rest.length > 0 && rest[0]?.toLowerCase() !== 'providers') {
      const [childType, childName] = rest
      if (!childType || !childName) return undefined
      id = childId(id, childType, childName)
      rest = rest.slice(2)
    }
  }
  return id
}

function make(
  text: string,
  type: string,
  name: string,
  parent: ResourceId,
  own: { subscriptionId?: string; resourceGroup?: string } = {},
): ResourceId {
  return {
    text,
    key: text.toLowerCase(),
    type,
    name,
    subscriptionId: own.subscriptionId ?? parent.subscriptionId,
    resourceGroup: own.resourceGroup ?? parent.resourceGroup,
    parent,
  }
}

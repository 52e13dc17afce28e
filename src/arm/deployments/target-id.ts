import { fault } from '../../faults.ts'
import { groupId, parseResourceId, type ResourceId, subscriptionId, TENANT } from '../../resource-id.ts'

export interface Target {
  readonly type: string
  /** The names of a child and its parents, with slashes between. */
  readonly name: string
  readonly place: string
  /** What it extends, or where it stands, if that is not where the deployment is. */
  readonly scope: string | undefined
  readonly subscriptionId: string | undefined
  readonly resourceGroup: string | undefined
}

/**
 * The id that a resource of a template has.
 *
 * @throws InvalidTemplate where its type and name do not fit each other, or nothing can stand there
 */
export function targetId(deployment: ResourceId, target: Target): ResourceId {
  const scope = scopeOf(deployment, target)
  const [namespace = '', ...steps] = target.type.split('/')
  const names = target.name.split('/')
  if (steps.length === 0 || steps.length !== names.length || names.includes('')) {
    const reason = `The template resource '${target.name}' at '${target.place}' for type '${target.type}' has incorrect segment lengths. A nested resource type must have identical number of segments as its resource name. A root resource type must have segment length one greater than its resource name`
    throw fault('InvalidTemplate', { reason })
  }
  const text = /^microsoft\.resources\/resourcegroups$/i.test(target.type)
    ? `/subscriptions/${scope.subscriptionId ?? ''}/resourceGroups/${target.name}`
    : `${scope.text}/providers/${namespace}/${steps.map((step, at) => `${step}/${names[at]}`).join('/')}`
  const id = parseResourceId(text)
  if (!id) throw fault('InvalidTemplate', { reason: `The resource at '${target.place}' has no place: '${text}'` })
  return id
}

function scopeOf(deployment: ResourceId, target: Target): ResourceId {
  const own = deployment.parent ?? TENANT
  if (target.scope !== undefined) return scopeNamed(own, target.scope, target.place)
  const subscription = target.subscriptionId ?? own.subscriptionId
  if (target.resourceGroup !== undefined) {
    if (subscription === undefined) {
      throw fault('InvalidTemplate', { reason: `'${target.place}' names a resource group and no subscription` })
    }
    return groupId(subscription, target.resourceGroup)
  }
  return target.subscriptionId === undefined ? own : subscriptionId(target.subscriptionId)
}

/** A scope as a template writes it: an id, `/` for the tenant, or the type and name of a resource beside it. */
function scopeNamed(own: ResourceId, scope: string, place: string): ResourceId {
  if (scope === '/' || scope === '') return TENANT
  const id = parseResourceId(scope)
  if (id && isSpelledByType(id)) {
    const reason = `The scope '${scope}' of '${place}' names a subscription or a resource group as a resource of a provider. Write '/subscriptions/{id}/resourceGroups/{name}'`
    throw fault('InvalidTemplate', { reason })
  }
  if (id) return id
  const [namespace, ...rest] = scope.split('/')
  const beside = namespace?.includes('.')
    ? parseResourceId(`${own.text}/providers/${namespace}/${rest.join('/')}`)
    : undefined
  if (!beside) throw fault('InvalidTemplate', { reason: `The scope '${scope}' of '${place}' is no id` })
  return beside
}

/** What `subscriptionResourceId` makes of a group: no id of anything, and nothing can stand below it. */
const isSpelledByType = ({ key }: ResourceId): boolean =>
  /\/providers\/microsoft\.resources\/(subscriptions|resourcegroups)(\/|$)/.test(key)

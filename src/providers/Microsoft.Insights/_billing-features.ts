import type { ScopeOperation, ScopeRequest } from '../../arm/define-resource.ts'
import type { Deps } from '../../domain/deps.ts'
import { fault } from '../../faults.ts'
import { isObject, type JsonObject, objectAt } from '../../json.ts'
import type { Repositories } from '../../store/store.ts'

const PATH = 'components/{component}/currentbillingfeatures'
const RIGHT = 'components/currentbillingfeatures'

/** What a component has until somebody sets it: Azure's defaults, in gigabytes a day and per cent. */
const defaults: JsonObject = {
  CurrentBillingFeatures: ['Basic'],
  DataVolumeCap: {
    Cap: 100,
    ResetTime: 0,
    WarningThreshold: 90,
    StopSendNotificationWhenHitThreshold: false,
    StopSendNotificationWhenHitCap: false,
    MaxHistoryCap: 1000,
  },
}

/** How much a component may take in a day. Nothing is sent to one here, so that the cap is never reached. */
export const billingFeatures: readonly ScopeOperation[] = [
  {
    method: 'GET',
    path: PATH,
    scope: 'resourceGroup',
    right: `${RIGHT}/read`,
    answer: async ({ store }, request) => ({ body: featuresOf((await componentOf(store, request)).state) }),
  },
  {
    method: 'PUT',
    path: PATH,
    scope: 'resourceGroup',
    right: `${RIGHT}/write`,
    answer: async (deps, request) => ({ body: await change(deps, request) }),
  },
]

async function change({ store }: Deps, request: ScopeRequest): Promise<JsonObject> {
  const { DataVolumeCap: cap, CurrentBillingFeatures: features } = request.body
  if (cap !== undefined && !isObject(cap))
    throw fault('InvalidRequestContent', { reason: 'DataVolumeCap is no object' })
  if (features !== undefined && !Array.isArray(features)) {
    throw fault('InvalidRequestContent', { reason: 'CurrentBillingFeatures is no list' })
  }
  return store.write(async (within) => {
    const component = await componentOf(within, request)
    const before = featuresOf(component.state)
    const billing = {
      CurrentBillingFeatures: features ?? before.CurrentBillingFeatures,
      DataVolumeCap: { ...objectAt(before.DataVolumeCap), ...cap, ResetTime: 0, MaxHistoryCap: 1000 },
    }
    await within.resources.put({ ...component, state: { ...component.state, billing } })
    return billing
  })
}

const featuresOf = ({ billing }: JsonObject): JsonObject => (isObject(billing) ? billing : defaults)

async function componentOf({ resources }: Pick<Repositories, 'resources'>, { scope, params }: ScopeRequest) {
  const id = `${scope.text}/providers/Microsoft.Insights/components/${params.component ?? ''}`
  const component = await resources.get(id)
  if (!component) {
    throw fault('ResourceNotFound', {
      type: 'Microsoft.Insights/components',
      name: params.component ?? '',
      group: scope.name,
    })
  }
  return component
}

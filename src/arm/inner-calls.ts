import { type Fault, Fault as FaultError, fault } from '../faults.ts'
import type { Caller } from '../identity/identity.ts'
import { objectAt, textAt } from '../json.ts'
import { parseResourceId, type ResourceId } from '../resource-id.ts'
import type { StoredOperation } from '../store/operations.ts'
import type { ArmDeps } from './arm-deps.ts'
import type { InnerCalls } from './define-resource.ts'
import { deploymentCalls } from './deployments/calls.ts'
import { present } from './envelope.ts'
import { getKept } from './kept.ts'
import { moveResources } from './moves.ts'
import { newOperation } from './operations.ts'
import { policyCalls } from './policy/calls.ts'
import { operationsOf } from './provider-operations.ts'
import { purgeTree } from './purge.ts'
import { regions } from './regions.ts'
import type { RegisteredType } from './registry.ts'
import { changeTags } from './verbs/change-tags.ts'
import { PATIENCE_MS } from './verbs/put.ts'
import { removeResource } from './verbs/remove.ts'
import { absent, writeResource } from './verbs/write.ts'

/** Who is written down where nobody asked: the server itself. */
export const systemCaller = (tenantId: string): Caller => ({
  tenantId,
  objectId: '00000000-0000-0000-0000-000000000000',
  kind: 'Application',
  displayName: 'Lazuli',
})

const UNCONDITIONAL = { match: undefined, noneMatch: undefined } as const

/** The client's verbs for bootstrap and for declarations: the same checks, no rights, and they wait for the end. */
export function makeInnerCalls(arm: () => ArmDeps): InnerCalls {
  const typeOf = (id: string): { id: ResourceId; type: RegisteredType } => {
    const parsed = parseResourceId(id)
    const type = parsed && arm().registry.type(parsed.type)
    if (!parsed || !type) throw fault('InvalidScope', { path: id })
    return { id: parsed, type }
  }
  const ended = async (operation: StoredOperation): Promise<void> => {
    const last = await arm().reconciler.settled(operation)
    if (last.status !== 'Succeeded') throw faultOf(last)
  }

  return {
    deployments: deploymentCalls(arm),
    policies: policyCalls(arm),
    moveResources: (asked) => moveResources(arm(), asked),
    async get(text) {
      const { id, type } = typeOf(text)
      return getKept(arm().deps.store, type, id)
    },
    async put(text, body, options = {}) {
      const { id, type } = typeOf(text)
      const { deps, versions } = arm()
      const { operation, resource } = await writeResource(arm(), {
        id,
        type,
        verb: 'put',
        body,
        version: versions.resolve(options.apiVersion ?? versions.newest(type), type.provider, type.path),
        caller: options.caller ?? systemCaller(deps.tenantId),
        query: new URLSearchParams({ ...options.query }),
        preconditions: UNCONDITIONAL,
      })
      if (!operation) return resource
      await ended(operation)
      return (await getKept(deps.store, type, id)) ?? resource
    },
    async remove(text, query = {}) {
      const { id, type } = typeOf(text)
      const { deps, versions } = arm()
      const { operation } = await removeResource(arm(), {
        id,
        type,
        caller: systemCaller(deps.tenantId),
        query: new URLSearchParams({ ...query }),
        apiVersion: versions.newest(type),
        preconditions: UNCONDITIONAL,
      })
      if (operation) await ended(operation)
    },
    async act(text, action, body) {
      const { id, type } = typeOf(text)
      const { deps, versions, reconciler } = arm()
      const resource = await getKept(deps.store, type, id)
      if (!resource) throw absent(id, type)
      const operation = newOperation({
        resourceId: resource.id,
        verb: 'action',
        action,
        apiVersion: versions.newest(type),
        caller: systemCaller(deps.tenantId),
        input: body,
        now: deps.now(),
      })
      await deps.store.write((within) => within.operations.put(operation))
      reconciler.begin(operation)
      const last = await reconciler.settled(operation, PATIENCE_MS)
      if (last.status === 'Failed') throw faultOf(last)
    },
    async purge(text) {
      await purgeTree(arm(), typeOf(text))
    },
    providers: () =>
      arm().registry.providers.map((provider) => ({
        namespace: provider.namespace,
        types: provider.types.map((type) => ({
          type: type.path,
          apiVersions: arm().versions.supported(provider, type.path).toReversed(),
          at: type.at,
        })),
      })),
    operationsOf(namespace) {
      const provider = arm().registry.provider(namespace)
      return provider && operationsOf(provider)
    },
    changeTags: (asked) => changeTags(arm(), asked),
    regions: () => regions,
    present(resource, context) {
      const { type } = typeOf(resource.id)
      return present(arm(), type, resource, {
        ...context,
        apiVersion: context.apiVersion ?? arm().versions.newest(type),
      })
    },
  }
}

/** An operation's end as the refusal that a client would read from its poller. */
function faultOf({ error, result, resourceId }: StoredOperation): Fault {
  const made = fault('ApplyFailed', { id: resourceId, reason: textAt(error?.message) ?? 'it was called off' })
  const status = Number(objectAt(result).status) || made.status
  const told = new FaultError(made.key, textAt(error?.message) ?? made.message)
  return Object.assign(told, { code: textAt(error?.code) ?? told.code, status })
}

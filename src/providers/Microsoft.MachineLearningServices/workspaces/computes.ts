import { Type } from 'typebox'
import {
  type ActionDeclaration,
  defineResource,
  done,
  failed,
  goingOn,
  type Progress,
} from '../../../arm/define-resource.ts'
import { checkCompute } from '../../../domain/computes/check-compute.ts'
import { poolSpec, readCompute } from '../../../domain/computes/compute.ts'
import { computeView, presentNode } from '../../../domain/computes/compute-view.ts'
import { isUp, lastOperation, turnInstance } from '../../../domain/computes/instance-actions.ts'
import { checkInstanceTimes } from '../../../domain/computes/instance-times.ts'
import { demandQuota } from '../../../domain/computes/quotas.ts'
import { removeCompute } from '../../../domain/computes/remove-compute.ts'
import { normalRegion } from '../../../domain/workspaces/region.ts'
import { ensureIdentity, identityFault, identityView } from '../../../domain/workspaces/workspace-identity.ts'
import { fault } from '../../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../../json.ts'
import { foldId } from '../../../resource-id.ts'
import { linkedIdentities } from '../_linked.ts'

const ComputeBody = Type.Object({
  location: Type.Optional(Type.String()),
  properties: Type.Object({ computeType: Type.String() }),
})

/** A compute target. The stored body is the wish; the engine named by `computeType` makes it true. */
export default defineResource({
  type: 'Microsoft.MachineLearningServices/workspaces/computes',
  name: /^[a-zA-Z][a-zA-Z0-9-]{0,22}[a-zA-Z0-9]$/,
  linked: linkedIdentities,
  reads: ComputeBody,
  // The article puts the credentials beside `properties`, Azure's schema inside: secret wherever they stand.
  secret: ['**.userAccountCredentials', '**.adminUserPassword'],
  statuses: { created: 201, createdDone: 201, updated: 200, followed: true },
  defaults: ({ body }) => ({
    properties: {
      disableLocalAuth: true,
      properties:
        body.properties.computeType.toLowerCase() === 'computeinstance'
          ? {
              applicationSharingPolicy: 'Shared',
              computeInstanceAuthorizationType: 'personal',
              enableNodePublicIp: true,
            }
          : {
              vmPriority: 'Dedicated',
              osType: 'Linux',
              remoteLoginPortPublicAccess: 'NotSpecified',
              enableNodePublicIp: true,
              isolatedNetwork: false,
              scaleSettings: { minNodeCount: 0, maxNodeCount: 1, nodeIdleTimeBeforeScaleDown: 'PT120S' },
            },
    },
  }),
  async check(deps, { id, body, existing }) {
    const workspace = await deps.store.resources.get(id.parent?.text ?? '')
    const location = normalRegion(body.location || textAt(workspace?.body.location) || '')
    const problem = await identityFault(deps.store.resources, objectAt(body.identity))
    if (problem) throw problem
    const wish = checkCompute(deps, { body: { ...withScale(body), location }, existing, name: id.name })
    await checkInstanceTimes(wish, deps.now())
    await demandQuota(deps, { id: id.text, body: wish })
    return wish
  },
  async apply(deps, { id, wish, state, resource }) {
    const problem = await identityFault(deps.store.resources, objectAt(wish.identity))
    if (problem) return failed(problem)
    const identity = await ensureIdentity(deps, id, objectAt(wish.identity))
    const { kind } = readCompute(wish)
    const spec = poolSpec(resource.id, wish, state.stopped === true)
    const engine = deps.engines.named(kind)
    await engine.applyPool(spec)
    const applied = { ...state, identity, appliedAt: deps.now().toISOString() }
    if (kind === 'AmlCompute' || spec.stopped) return done(applied)
    return isUp(await engine.observePool(spec.computeId)) ? done(applied) : goingOn(applied)
  },
  async checkRemove(_deps, { resource, query }) {
    const action = query.get('underlyingResourceAction') ?? ''
    const { kind } = readCompute(resource.body)
    if (action.toLowerCase() === 'detach') throw fault('DetachUnsupported', { kind })
    if (action.toLowerCase() !== 'delete') throw fault('UnderlyingResourceActionMissing', { action })
  },
  async remove(deps, { id, resource }) {
    if (!(await removeCompute(deps, resource))) return goingOn()
    await deps.identities.remove(id.key)
    return done()
  },
  async view(deps, resource) {
    const identity = await identityView(
      deps.store.resources,
      objectAt(resource.body.identity),
      objectAt(resource.state.identity),
    )
    return { ...(await computeView(deps, resource)), ...(identity && { identity }) }
  },
  actions: {
    listNodes: {
      async answer(deps, { resource }) {
        const { kind } = readCompute(resource.body)
        if (kind !== 'AmlCompute') throw fault('ComputeOperationUnsupported', { operation: 'listNodes', kind })
        const pool = await deps.engines.named(kind).observePool(foldId(resource.id))
        return { nodes: (pool?.nodes ?? []).map(presentNode) }
      },
    },
    listKeys: {
      async answer(_deps, { resource }) {
        throw fault('ComputeOperationUnsupported', { operation: 'listKeys', kind: readCompute(resource.body).kind })
      },
    },
    start: turning('Start', ['on']),
    stop: turning('Stop', ['off']),
    restart: turning('Restart', ['off', 'on']),
  },
})

/** Turns an instance through the given positions, one after the other; which was reached is kept in the state. */
function turning(name: 'Start' | 'Stop' | 'Restart', positions: readonly ('on' | 'off')[]): ActionDeclaration<unknown> {
  return {
    async run(deps, { resource, state, body }): Promise<Progress> {
      const { kind } = readCompute(resource.body)
      if (kind !== 'ComputeInstance') {
        return failed(fault('ComputeOperationUnsupported', { operation: name.toLowerCase(), kind }))
      }
      const reached = Number(objectAt(state.turning)[name] ?? 0)
      const position = positions[reached]
      if (position && !(await turnInstance(deps, resource, position))) {
        return goingOn({ ...state, stopped: position === 'off', turning: { [name]: reached } })
      }
      const { turning: _over, ...rest } = state
      if (reached + 1 < positions.length) return goingOn({ ...rest, turning: { [name]: reached + 1 } }, 0)
      return done({
        ...rest,
        stopped: positions.at(-1) === 'off',
        lastOperation: lastOperation(name, body, deps.now()),
      })
    },
  }
}

/** Older versions patch `properties.scaleSettings`; it stands one level deeper in what is kept. */
function withScale(body: JsonObject): JsonObject {
  const { scaleSettings, ...outer } = objectAt(body.properties)
  if (scaleSettings === undefined) return body
  const inner = objectAt(outer.properties)
  const scale = { ...objectAt(inner.scaleSettings), ...objectAt(scaleSettings) }
  return { ...body, properties: { ...outer, properties: { ...inner, scaleSettings: scale } } }
}

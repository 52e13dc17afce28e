import { Type } from 'typebox'
import { DEPLOYMENT_SEALED, defineResource } from '../../arm/define-resource.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'

const STATES: Readonly<Record<string, string>> = { Creating: 'Running', Updating: 'Running' }

/** A template deployment. What it does is the engine's (`src/arm/deployments`); this is how clients see it. */
export default defineResource({
  type: 'Microsoft.Resources/deployments',
  at: ['tenant', 'subscription', 'resourceGroup'],
  alsoBare: 'deployments',
  tracked: false,
  hides: ['provisioningState', 'systemData'],
  name: /^[-\w._()]{1,64}$/,
  reads: Type.Object({ properties: Type.Object({}) }),
  secret: [DEPLOYMENT_SEALED],
  patch: false,
  statuses: { followed: true, deleted: 202 },
  async check(_deps, { id, body, caller, correlationId, around, arm }) {
    const { properties, sealed } = await arm.deployments.prepare({ id, body, caller, correlationId, around })
    const { properties: _sent, ...envelope } = body
    return { ...envelope, properties: { ...properties, sealed } }
  },
  apply: (_deps, { resource, secret, arm }) => arm.deployments.advance(resource, secret(DEPLOYMENT_SEALED)),
  missing: (name) => fault('DeploymentNotFound', { name }),
  busy: ({ id }) => fault('DeploymentRunning', { id }),
  async checkRemove(_deps, { resource }) {
    if (resource.provisioningState in STATES) throw fault('DeploymentActive', { name: resource.name })
  },
  view: async (_deps, resource) => ({ properties: shown(resource) }),
  list: (query) => {
    const filter = query.get('$filter')
    if (filter === null || filter === '') return { newestFirst: true }
    const [, state] = /^\s*provisioningState eq '(\w+)'\s*$/i.exec(filter) ?? []
    if (state === undefined) throw fault('InvalidFilter', { filter })
    return {
      newestFirst: true,
      keep: ({ provisioningState }) =>
        (STATES[provisioningState] ?? provisioningState).toLowerCase() === state.toLowerCase(),
    }
  },
  actions: {
    cancel: {
      status: 204,
      answer: async (_deps, { resource, arm }) => {
        await arm.deployments.cancel(resource)
        return {}
      },
    },
    validate: {
      withoutResource: true,
      answer: async (deps, { id, body, context, arm }) => {
        const { properties } = await arm.deployments.prepare({ id, body, caller: context.caller })
        return {
          id: id.text,
          name: id.name,
          type: 'Microsoft.Resources/deployments',
          properties: {
            ...properties,
            provisioningState: 'Succeeded',
            timestamp: deps.now().toISOString(),
            duration: 'PT0S',
          },
        }
      },
    },
    whatIf: {
      withoutResource: true,
      answer: (_deps, { id, body, context, arm }) => arm.deployments.whatIf({ id, body, caller: context.caller }),
    },
    exportTemplate: {
      answer: async (_deps, { secret, arm }) => ({ template: arm.deployments.templateOf(secret(DEPLOYMENT_SEALED)) }),
    },
    listOutputsWithSecureValues: {
      answer: async (_deps, { resource, arm }) => arm.deployments.secureOutputs(resource),
    },
    operations: {
      method: 'GET',
      answer: async (_deps, { resource, arm }) => ({ value: [...(await arm.deployments.operations(resource))] }),
    },
  },
})

function shown({ body, state, provisioningState, system, etag }: StoredResource): JsonObject {
  const { timestamp, duration, outputs, outputResources, error, rollback } = state
  const fallsBackTo = objectAt(objectAt(body.properties).onErrorDeployment)
  const isOver = provisioningState === 'Succeeded' || provisioningState === 'Failed'
  return {
    provisioningState: STATES[provisioningState] ?? provisioningState,
    timestamp: timestamp ?? system.lastModifiedAt,
    duration: duration ?? 'PT0S',
    correlationId: textAt(objectAt(body.properties).correlationId) ?? guidOf(etag),
    ...('type' in fallsBackTo && {
      onErrorDeployment: { ...fallsBackTo, provisioningState: objectAt(rollback).status ?? 'NotSpecified' },
    }),
    ...(isOver && outputs !== undefined && { outputs: objectAt(outputs) }),
    ...(isOver && outputResources !== undefined && { outputResources }),
    ...(provisioningState === 'Failed' && error !== undefined && { error }),
  }
}

/** The etag of a deployment stands for one run of it; as a GUID it is the id that its records share. */
const guidOf = (etag: string): string =>
  etag.padEnd(32, '0').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')

import type { JobSpec } from '../../compute/engine.ts'
import type { JsonObject } from '../../json.ts'
import type { Run, RunContent } from '../../store/runs.ts'
import { resolveUri } from '../datastores/resolve-uri.ts'
import type { Deps } from '../deps.ts'
import type { Component } from './component.ts'
import { contentOf, differences, folder, standingAt } from './content.ts'

/** Whether a step has to run, and why. */
export interface Reuse {
  readonly content: RunContent
  /** The run whose outputs are this step's too. */
  readonly from?: Run
  readonly why: string
}

export interface ReuseRequest {
  readonly workspace: string
  readonly step: string
  readonly component: Component
  readonly spec: Omit<JobSpec, 'id' | 'workspace' | 'run' | 'artifacts'>
  /** As the job declares them. */
  readonly outputs: JsonObject
  readonly forceRerun: boolean
}

/** Looks for a completed run with the same content, whose outputs stand as it left them. `workspace` is folded. */
export async function findReuse(deps: Pick<Deps, 'store' | 'blobs'>, request: ReuseRequest): Promise<Reuse> {
  const { workspace, component, step } = request
  const name = typeof component.spec.name === 'string' ? component.spec.name : step
  const content = await contentOf(deps.blobs, `${name}/${step}`, request.spec, request.outputs)
  if (request.forceRerun) return { content, why: 'Ran: force_rerun is set.' }
  if (String(component.spec.is_deterministic ?? true).toLowerCase() === 'false') {
    return { content, why: 'Ran: its component is not deterministic (is_deterministic is false).' }
  }
  const done = { deleted: false, statuses: ['Completed'] as const, limit: 5 }
  const { items: same } = await deps.store.runs.find(workspace, { ...done, contentKey: content.key })
  let lost: Run | undefined
  for (const run of same) {
    if (await untouched(deps, run))
      return { content, from: run, why: `Reused '${run.id}': all that it follows from is the same.` }
    lost ??= run
  }
  if (lost)
    return {
      content,
      why: `Ran: the outputs of '${lost.id}', which had the same content, are gone or were changed since.`,
    }
  const { items } = await deps.store.runs.find(workspace, { ...done, contentFamily: content.family, limit: 1 })
  const [last] = items
  if (!last?.content) return { content, why: 'Ran: no earlier run of this step has completed.' }
  return { content, why: `Ran: compared with '${last.id}', ${differences(content, last.content).join('; ')}.` }
}

/** Whether a run's outputs stand as it left them. */
async function untouched({ store, blobs }: Pick<Deps, 'store' | 'blobs'>, run: Run): Promise<boolean> {
  const end = Date.parse(run.endedAt ?? '')
  for (const { uri } of Object.values(run.outputs)) {
    const place = await resolveUri(store, run.workspace, uri).catch(() => undefined)
    if (!place) return false
    const own = await standingAt(blobs, place)
    let found = own !== undefined
    if (own && Date.parse(own.modifiedAt) > end) return false
    for await (const { modifiedAt } of folder(blobs, place)) {
      // Blob times have whole seconds.
      if (Date.parse(modifiedAt) > end) return false
      found = true
    }
    if (!found) return false
  }
  return true
}

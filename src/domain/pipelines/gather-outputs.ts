import { finalStatuses } from '../../store/runs.ts'
import { datastoreUri, resolveUri } from '../datastores/resolve-uri.ts'
import { workspaceIdOf } from '../runs/child-runs.ts'
import { isPrimitive, portsOf } from './component.ts'
import type { PipelineDeps } from './pipeline-controller.ts'
import type { NodeState } from './pipeline-plan.ts'
import { bodyOf } from './plan-pipeline.ts'
import { type Progress, sourcesOf } from './progress.ts'
import { outputOfRun, textOf, type Value } from './step-inputs.ts'

/**
 * A parallel-for's outputs, as Azure gathers them: data as an MLTable that names the place of each item's, values as a
 * list in JSON.
 */
export async function gatherOutputs(
  deps: PipelineDeps,
  progress: Progress,
  { name, runs }: { readonly name: string; readonly runs: readonly string[] },
): Promise<NonNullable<NodeState['gathered']>> {
  const { plan, run, steps } = progress
  const component = plan.nodes[bodyOf(plan.nodes[name]?.node ?? {})]?.component
  const gathered: Record<string, NonNullable<NodeState['gathered']>[string]> = {}
  const done = runs.flatMap((id) => {
    const step = steps.get(id)
    return step && finalStatuses.has(step.status) ? [step] : []
  })
  for (const port of component ? portsOf(component, 'outputs') : []) {
    const values: Value[] = []
    for (const step of done) {
      const value = outputOfRun(step, port.name)
      if (value) values.push(value)
    }
    if (isPrimitive(port)) {
      const texts = await Promise.all(values.map((value) => textOf(sourcesOf(deps, progress), value)))
      gathered[port.name] = { type: 'string', value: JSON.stringify(texts) }
      continue
    }
    const kind = port.type === 'uri_file' ? 'file' : 'folder'
    const table = `paths:\n${values.map(({ uri }) => `- ${kind}: ${JSON.stringify(uri)}\n`).join('')}`
    const uri = datastoreUri(workspaceIdOf(run), 'workspaceblobstore', `azureml/${run.id}/${name}/${port.name}/`)
    const place = await resolveUri(deps.store, run.workspace, uri)
    if (place) await deps.blobs.write({ ...place, path: `${place.path}MLTable` }, table, { contentType: 'text/yaml' })
    gathered[port.name] = { type: 'mltable', uri }
  }
  return gathered
}

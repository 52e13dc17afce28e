import { ownerOf } from '../../../domain/assets/asset-kinds.ts'
import { checkComponent } from '../../../domain/assets/check-component.ts'
import { componentOfJob, sourceJob } from '../../../domain/pipelines/component-of-job.ts'
import { type JsonObject, objectAt, textAt } from '../../../json.ts'
import type { ResourceId } from '../../../resource-id.ts'
import type { AssetDeclaration } from '../_assets.ts'

/**
 * A component's version: its specification is kept as it was sent, in the client's own spelling. What it doesn't say of its
 * name and version is added: azure-ai-ml reads them there and nowhere else.
 */
export const components: AssetDeclaration = {
  kind: 'components',
  // azure-ai-ml asks for the latest of a component by it, and never by a label.
  latestName: 'azureml_default',
  normal: (properties, _owner, id) => (properties.isAnonymous === true ? properties : named(properties, id)),
  check: async ({ store }, { componentSpec }, { id }) =>
    checkComponent(store.resources, ownerOf(id.text), componentSpec),
  // azure-ai-ml puts whatever it makes of a job as version 1 of this name, and goes on with the id that it is answered.
  keptAs(id, { componentSpec }) {
    const job = sourceJob(objectAt(componentSpec))
    if (job === undefined || id.parent?.name.toLowerCase() !== 'azureml_anonymous') return undefined
    return `${id.parent.text}/versions/job_${job}`
  },
  complete: async ({ store }, owner, properties) => ({
    ...properties,
    componentSpec: await componentOfJob(store, owner, objectAt(properties.componentSpec)),
  }),
  // Its steps are those that the job had when the component was made of it.
  over(properties, existing) {
    const kept = objectAt(objectAt(existing.body.properties).componentSpec)
    const made = sourceJob(kept)
    const same = made !== undefined && made === sourceJob(objectAt(properties.componentSpec))
    return same ? { ...properties, componentSpec: kept } : properties
  },
}

function named(properties: JsonObject, id: ResourceId): JsonObject {
  const spec = objectAt(properties.componentSpec)
  // What is made of a job is made when it is known to be there.
  if (Object.keys(spec).length === 0 || sourceJob(spec) !== undefined) return properties
  const { name, version } = spec
  const own = {
    name: textAt(name) ?? id.parent?.name ?? '',
    version: version === undefined ? id.name : String(version),
  }
  return { ...properties, componentSpec: { ...spec, ...own } }
}

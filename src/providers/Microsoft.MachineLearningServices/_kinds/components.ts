import { ownerOf } from '../../../domain/assets/asset-kinds.ts'
import { checkComponent } from '../../../domain/assets/check-component.ts'
import { componentOfJob, sourceJob } from '../../../domain/pipelines/component-of-job.ts'
import { objectAt } from '../../../json.ts'
import type { AssetDeclaration } from '../_assets.ts'

/** A component's version: its specification is kept as it was sent, in the client's own spelling. */
export const components: AssetDeclaration = {
  kind: 'components',
  // azure-ai-ml asks for the latest of a component by it, and never by a label.
  latestName: 'azureml_default',
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

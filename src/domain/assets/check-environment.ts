import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'

/** @throws EnvironmentInvalid where an environment says nothing that one could be built from, or two things at once */
export function checkEnvironment(properties: JsonObject): void {
  const refuse = (reason: string) => fault('EnvironmentInvalid', { reason })
  const image = textAt(properties.image)
  const conda = textAt(properties.condaFile)
  const build = properties.build === null ? undefined : properties.build
  if (!image && !build) {
    throw refuse(
      conda
        ? 'An environment with a conda file needs an image too.'
        : 'An environment needs an image or a build context.',
    )
  }
  if (image && build) throw refuse('An environment has an image or a build context, not both.')
  if (conda && build) throw refuse('An environment with a build context takes no conda file; put it into the context.')
  if (build && !textAt(objectAt(build).contextUri)) throw refuse("A build context needs a 'contextUri'.")
  if (conda !== undefined && conda.trim() === '') throw refuse('The conda file is empty.')
  if (textAt(properties.osType)?.toLowerCase() === 'windows')
    throw refuse('Environments here are Linux; osType can be left out.')
}

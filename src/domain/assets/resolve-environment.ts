import type { EnvironmentSpec } from '../../compute/engine.ts'
import { fault } from '../../faults.ts'
import { objectAt, textAt } from '../../json.ts'
import { type Reads, resolveUri } from '../datastores/resolve-uri.ts'
import { ownerOf } from './asset-kinds.ts'
import { findAsset } from './asset-reference.ts'
import { definedVariables } from './environment-definition.ts'

/**
 * What an environment's version says, as far as an engine needs it.
 *
 * @throws AssetReferenceInvalid, AssetReferenceNotFound, EnvironmentInvalid, UriUnresolvable
 */
export async function resolveEnvironment(from: Reads, workspace: string, reference: string): Promise<EnvironmentSpec> {
  const version = await findAsset(from.resources, workspace, { kind: 'environments', reference })
  const properties = objectAt(version.body.properties)
  const build = objectAt(properties.build)
  const image = textAt(properties.image)
  const condaFile = textAt(properties.condaFile)
  const contextUri = textAt(build.contextUri)
  const buildContext = contextUri === undefined ? undefined : await resolveUri(from, ownerOf(version.id), contextUri)
  if (contextUri !== undefined && !buildContext) {
    throw fault('EnvironmentInvalid', {
      reason: `The build context '${contextUri}' is in no datastore of this workspace.`,
    })
  }
  return {
    id: version.id,
    ...(image !== undefined && { image }),
    ...(condaFile !== undefined && { condaFile }),
    ...(buildContext && { buildContext, dockerfilePath: textAt(build.dockerfilePath) ?? 'Dockerfile' }),
    variables: definedVariables(properties),
  }
}

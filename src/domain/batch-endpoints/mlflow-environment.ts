import { createHash } from 'node:crypto'
import type { BlobLocation } from '../../compute/engine.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import { textIn } from '../assets/read-text.ts'
import type { Deps } from '../deps.ts'

/** What Azure builds the environments of models without code upon. */
const IMAGE = 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest'

/** An environment's version that is to be put: its id below the workspace, and its body. */
export interface NewEnvironment {
  readonly id: string
  readonly body: JsonObject
}

/**
 * The environment that an MLflow model brings along, as an anonymous one of the workspace: the same for the same files.
 *
 * @throws DeploymentInvalid for files that no environment follows from
 */
export async function mlflowEnvironment(
  deps: Pick<Deps, 'blobs'>,
  workspace: string,
  place: BlobLocation,
): Promise<NewEnvironment> {
  const described = await textIn(deps, place, 'MLmodel')
  if (described === undefined) {
    throw invalid(
      "The deployment has no 'codeConfiguration', and its model is no MLflow model: there is no file 'MLmodel' in it.",
    )
  }
  const flavor = /^ {2}python_function:\r?\n((?: {3,}.*\r?\n?)*)/m.exec(described)?.[1]
  if (flavor === undefined) throw invalid('The MLflow model has no flavor python_function, so Python can not score it.')
  const named = /^ {4}env:\s*(\S+)\s*$/m.exec(flavor)?.[1] ?? /^ {6}conda:\s*(\S+)\s*$/m.exec(flavor)?.[1]
  const file = named ?? 'conda.yaml'
  const condaFile = await textIn(deps, place, file)
  if (condaFile === undefined)
    throw invalid(`The MLflow model has no '${file}' to build an environment from; name an 'environmentId'.`)
  const version = createHash('md5').update(`${IMAGE}\n${condaFile}`).digest('hex')
  return {
    id: `${workspace}/environments/CliV2AnonymousEnvironment/versions/${version}`,
    body: { properties: { image: IMAGE, condaFile, isAnonymous: true } },
  }
}

const invalid = (reason: string) => fault('DeploymentInvalid', { reason }, { target: 'properties.model' })

import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { foldId, parseResourceId } from '../../resource-id.ts'
import type { DeployedModel, DeploymentSpec, Flavour } from '../../serving/engine.ts'
import type { StoredResource } from '../../store/resources.ts'
import { ownerOf } from '../assets/asset-kinds.ts'
import { findAsset } from '../assets/asset-reference.ts'
import { resolveCode } from '../assets/resolve-code.ts'
import { resolveEnvironment } from '../assets/resolve-environment.ts'
import { resolveUri } from '../datastores/resolve-uri.ts'
import type { Deps } from '../deps.ts'
import { texts } from '../runs/new-job-run.ts'
import { collectorOf } from './data-collector.ts'
import { probesOf, requestsOf, scaleOf } from './deployment-settings.ts'

type Needs = Pick<Deps, 'store' | 'blobs' | 'serving'>
type Wish = Pick<StoredResource, 'id' | 'body'>

/**
 * A deployment as it is handed to the engine: everything that it names looked up. Asking twice answers the same.
 *
 * @throws DeploymentInvalid, DeploymentUnsupported, and what a reference is refused with
 */
export async function resolveDeployment(
  deps: Needs,
  { id, body }: Wish,
  variables: Readonly<Record<string, string>>,
): Promise<DeploymentSpec> {
  const parsed = parseResourceId(id)
  const workspace = parsed?.parent?.parent?.text ?? ''
  const properties = objectAt(body.properties)
  const { model, type } = await modelOf(deps, workspace, textAt(properties.model))
  const flavour = await flavourOf(deps, { workspace, properties, model, type })
  const environmentId = textAt(properties.environmentId)
  if (flavour.kind === 'script' && !environmentId) {
    throw invalid("A deployment with a scoring script needs an 'environmentId'.")
  }
  if (environmentId) await demandNoContainer(deps, { workspace, environmentId, flavour })
  const collector = await collectorOf(deps.store, workspace, { id, collector: objectAt(properties.dataCollector) })
  const { instances, idleMsBeforeZero } = scaleOf(body)
  return {
    id: foldId(id),
    endpoint: parsed?.parent?.name ?? '',
    deployment: parsed?.name ?? '',
    flavour,
    ...(model && { model }),
    ...(environmentId && { environment: await resolveEnvironment(deps.store, workspace, environmentId) }),
    variables: { ...variables, ...texts(properties.environmentVariables) },
    vmSize: textAt(properties.instanceType) ?? '',
    instances,
    ...(idleMsBeforeZero !== undefined && { idleMsBeforeZero }),
    requests: requestsOf(objectAt(properties.requestSettings)),
    ...probesOf(properties),
    ...(collector && { collector }),
  }
}

async function modelOf(
  { store }: Needs,
  workspace: string,
  reference: string | undefined,
): Promise<{ readonly model?: DeployedModel; readonly type: string }> {
  if (!reference) return { type: '' }
  const version = await findAsset(store.resources, workspace, { kind: 'models', reference })
  const { modelUri, modelType } = objectAt(version.body.properties)
  const location = await resolveUri(store, ownerOf(version.id), textAt(modelUri) ?? '')
  if (!location) throw invalid(`The modelUri '${modelUri}' of '${version.id}' is in no account of this workspace.`)
  const name = parseResourceId(version.id)?.parent?.name ?? ''
  return {
    model: { name, version: version.name, location },
    type: (textAt(modelType) ?? '').toLowerCase().replaceAll('_', ''),
  }
}

interface Chosen {
  readonly workspace: string
  readonly properties: JsonObject
  readonly model: DeployedModel | undefined
  readonly type: string
}

/** What answers: the script that is named, else what the model can do without one. */
async function flavourOf(deps: Needs, { workspace, properties, model, type }: Chosen): Promise<Flavour> {
  const { codeId, scoringScript } = objectAt(properties.codeConfiguration)
  const entryScript = textAt(scoringScript)
  if (entryScript) {
    const reference = textAt(codeId)
    if (!reference) throw invalid("codeConfiguration needs a 'codeId': the folder that holds the scoring script.")
    return { kind: 'script', code: await resolveCode(deps.store, workspace, reference), entryScript }
  }
  if (type === 'mlflowmodel') return { kind: 'mlflow' }
  if (type === 'tritonmodel') throw unsupported('Triton models need a container engine, and none is set up')
  if (!model) throw invalid('A deployment needs a codeConfiguration with a scoring script, or a model.')
  if (await isOnnx(deps, model)) return { kind: 'onnx' }
  throw invalid(
    `The model '${model.name}' is neither an MLflow nor an ONNX model, so it needs a codeConfiguration with a scoringScript.`,
  )
}

/** Whether the model is an ONNX file, or a folder with one. */
async function isOnnx({ blobs }: Needs, { location }: DeployedModel): Promise<boolean> {
  if (location.path.toLowerCase().endsWith('.onnx')) return true
  const path = location.path === '' || location.path.endsWith('/') ? location.path : `${location.path}/`
  const { items } = await blobs.list({ ...location, path }, { limit: 100 })
  return items.some(({ name }) => name.toLowerCase().endsWith('.onnx'))
}

/** An environment that says where its own server listens is a container of the user's. @throws DeploymentUnsupported */
async function demandNoContainer(
  { store, serving }: Needs,
  asked: { readonly workspace: string; readonly environmentId: string; readonly flavour: Flavour },
): Promise<void> {
  const { workspace, environmentId, flavour } = asked
  const { body } = await findAsset(store.resources, workspace, { kind: 'environments', reference: environmentId })
  const { inferenceConfig } = objectAt(body.properties)
  if (!inferenceConfig || serving.supports.containers || flavour.kind !== 'script') return
  throw unsupported(
    "environments with an 'inferenceConfig' bring a server of their own, and there is no container engine",
  )
}

const invalid = (reason: string) => fault('DeploymentInvalid', { reason })
const unsupported = (reason: string) => fault('DeploymentUnsupported', { reason })

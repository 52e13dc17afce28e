import { type Fault, fault } from '../../faults.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'
import type { Resources } from '../../store/resources.ts'
import { findAsset } from './asset-reference.ts'

interface KindRules {
  /** Members that the specification must have. */
  readonly needs: readonly string[]
  /** Where code and environment stand: in the specification itself, or in a member of it. */
  readonly runs?: string
}

const kinds: Readonly<Record<string, KindRules>> = {
  command: { needs: ['command', 'environment'], runs: '' },
  parallel: { needs: ['task'], runs: 'task' },
  sweep: { needs: ['trial', 'search_space', 'objective'] },
  pipeline: { needs: ['jobs'] },
}

/** Kinds that clients know and nothing here could run; each with what is lacking. */
const lacking: Readonly<Record<string, string>> = {
  spark: 'there is no Spark',
  automl: 'there is no AutoML',
  data_transfer: 'there is no data transfer service',
  import: 'there is no data transfer service',
}

/**
 * Refuses a component that could never run: of no kind, without what its kind needs, or over code or an environment that
 * is not there.
 *
 * @throws AssetInvalid, ComponentTypeUnsupported, AssetReferenceInvalid, AssetReferenceNotFound
 */
export async function checkComponent(resources: Resources, owner: string, componentSpec: unknown): Promise<void> {
  if (!isObject(componentSpec)) throw refuse("It needs a 'componentSpec'.")
  const type = (textAt(componentSpec.type) ?? 'command').toLowerCase().replace(/^commandcomponent$/, 'command')
  const why = lacking[type]
  if (why !== undefined) throw fault('ComponentTypeUnsupported', { kind: type, why })
  const rules = kinds[type]
  if (!rules) throw refuse(`Its type '${type}' is none of ${Object.keys(kinds).join(', ')}.`)
  const missing = rules.needs.filter((name) => componentSpec[name] === undefined || componentSpec[name] === null)
  if (missing.length > 0) throw refuse(`A component of type ${type} needs: ${missing.join(', ')}.`)
  checkPorts(componentSpec)
  if (rules.runs === undefined) return
  await checkParts(resources, owner, rules.runs === '' ? componentSpec : objectAt(componentSpec[rules.runs]))
}

const TYPES: ReadonlySet<string> = new Set([
  ...['string', 'number', 'integer', 'boolean', 'enum'],
  ...['uri_file', 'uri_folder', 'mltable', 'custom_model', 'mlflow_model', 'triton_model'],
  // As clients of the first SDK write them.
  ...['path', 'anyfile', 'anydirectory', 'datastore', 'float', 'asset'],
])

function checkPorts(spec: JsonObject): void {
  for (const side of ['inputs', 'outputs']) {
    for (const [name, port] of Object.entries(objectAt(spec[side]))) {
      const type = textAt(objectAt(port).type)
        ?.toLowerCase()
        .replace(/^azureml.*$/, 'path')
      if (type !== undefined && !TYPES.has(type))
        throw refuse(`Its ${side.slice(0, -1)} '${name}' is of unknown type '${type}'.`)
    }
  }
}

async function checkParts(resources: Resources, owner: string, spec: JsonObject): Promise<void> {
  for (const [member, kind] of [
    ['environment', 'environments'],
    ['code', 'codes'],
  ] as const) {
    // An environment may also stand in the specification itself, and code at a web address.
    const reference = textAt(spec[member])?.replace(/^azureml:(?=\/subscriptions\/|azureml:)/i, '')
    if (!reference || /^(https?|git\+\w+):/i.test(reference)) continue
    await findAsset(resources, owner, { kind, reference })
  }
}

const refuse = (reason: string): Fault => fault('AssetInvalid', { reason: `The component can't be made. ${reason}` })

import type { JobInput } from '../../compute/engine.ts'
import { fault } from '../../faults.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'
import { resolveData } from '../assets/resolve-data.ts'
import type { Reads } from '../datastores/resolve-uri.ts'

/** By ARM's names, and by those that components use. */
const MODES: Readonly<Record<string, JobInput['mode']>> = {
  ro_mount: 'ro_mount',
  rw_mount: 'rw_mount',
  eval_mount: 'eval_mount',
  eval_download: 'eval_download',
  readonlymount: 'ro_mount',
  readwritemount: 'rw_mount',
  download: 'download',
  direct: 'direct',
  evalmount: 'eval_mount',
  evaldownload: 'eval_download',
}

const TYPES = ['uri_file', 'uri_folder', 'mltable', 'custom_model', 'mlflow_model', 'triton_model'] as const

export type DataType = (typeof TYPES)[number]

export const dataType = (text: string | undefined): DataType | undefined =>
  TYPES.find((type) => type === text?.toLowerCase())

export const isName = (name: string): boolean => /^[A-Za-z_][\w.-]*$/.test(name)

/** A job's inputs with their bytes found. @throws JobInvalid, and what a reference is refused with */
export async function resolveInputs(from: Reads, workspace: string, sent: JsonObject): Promise<JobInput[]> {
  const inputs: JobInput[] = []
  for (const [name, input] of Object.entries(sent)) {
    if (input === null || input === undefined) continue
    if (!isObject(input)) throw invalid(name, 'is no object')
    if (!isName(name)) throw invalid(name, 'has a name that no command can use')
    inputs.push(await resolveInput(from, workspace, { name, input }))
  }
  return inputs
}

async function resolveInput(
  from: Reads,
  workspace: string,
  { name, input }: { readonly name: string; readonly input: JsonObject },
): Promise<JobInput> {
  const kind = textAt(input.jobInputType)
  if (kind?.toLowerCase() === 'literal') {
    if (input.value === undefined || input.value === null) throw invalid(name, "needs a 'value'")
    return { name, type: 'literal', mode: 'direct', value: String(input.value) }
  }
  const type = dataType(kind)
  if (!type) throw invalid(name, `is of the unknown type '${kind ?? ''}'`)
  const uri = textAt(input.uri)
  if (!uri) throw invalid(name, "needs a 'uri'")
  const mode = MODES[(textAt(input.mode) ?? 'ReadOnlyMount').toLowerCase()]
  if (!mode) throw invalid(name, `has the unknown mode '${textAt(input.mode)}'`)
  if (mode.startsWith('eval_') && type !== 'mltable')
    throw invalid(name, `has the mode ${mode}, which is for tables (mltable) alone`)
  const { uri: value, source } = await resolveData(from, workspace, {
    uri,
    kind: type.endsWith('_model') ? 'models' : 'data',
  })
  if ((!source || source.anonymous) && mode === 'rw_mount')
    throw invalid(name, `can't be written to, as its mode says: '${value}' lies elsewhere`)
  if (!source && mode !== 'direct' && type !== 'uri_file')
    throw invalid(
      name,
      `is a folder of the web, which can't be listed: '${value}'; name a file, or use the mode direct`,
    )
  return { name, type, mode, value, ...(source && { source }) }
}

/** Refuses a command that uses an input or output that the job does not have. @throws JobInvalid */
export function checkBlanks(command: string, job: JsonObject): void {
  for (const [blank, group = '', name = ''] of command.matchAll(/\$\{\{\s*(inputs|outputs)\.([\w.-]+)\s*\}\}/g)) {
    const optional =
      command.slice(0, command.indexOf(blank)).lastIndexOf('$[[') >
      command.slice(0, command.indexOf(blank)).lastIndexOf(']]')
    if (!optional && !(name in objectAt(job[group]))) {
      throw fault('JobInvalid', {
        reason: `The command uses '${blank}', but the job has no such ${group.slice(0, -1)}.`,
      })
    }
  }
}

const invalid = (name: string, problem: string) =>
  fault('JobInvalid', { reason: `The input '${name}' ${problem}.` }, { target: `properties.inputs.${name}` })

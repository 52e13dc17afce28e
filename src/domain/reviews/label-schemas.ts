import { randomUUID } from 'node:crypto'
import { type Fault, fault } from '../../faults.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'
import type { TrackedDocument } from '../../store/documents.ts'
import type { Repositories } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import { findExperiment } from '../experiments/find-experiment.ts'
import { inExperiment, withBody } from './review-documents.ts'

const SCHEMA = 'label-schema'
/** The question that every experiment has, and that can't be changed. */
const DEFAULT = { name: 'Feedback', instruction: 'Share any feedback on this trace.' }

/** A question that reviewers answer about a trace. Times are epoch milliseconds. */
export interface LabelSchema {
  readonly id: string
  readonly experimentId: string
  readonly name: string
  readonly createdAt: number
  /** Type, input, instruction and the like, in MLflow's words. */
  readonly body: JsonObject
}

export const schemaOf = ({ id, owner, name, at, body }: TrackedDocument): LabelSchema => ({
  ...{ id, experimentId: owner, name, createdAt: at, body },
})

const invalid = (reason: string): Fault => fault('ParameterInvalid', { reason })
const text = (value: unknown, most: number): boolean =>
  typeof value === 'string' && value.length > 0 && value.length <= most
const optionalNumber = (value: unknown): boolean => value === undefined || value === null || typeof value === 'number'

function checkName(name: string): void {
  if (!text(name, 250)) throw invalid('Label schema `name` must have 1 to 250 characters.')
  if (name.trim().toLowerCase() === DEFAULT.name.toLowerCase()) {
    throw invalid(
      `\`${name}\` is reserved for the experiment's default question and cannot be used for another label schema.`,
    )
  }
}

function checkInstruction(instruction: unknown): void {
  if (typeof instruction === 'string' && instruction.length > 1000) {
    throw invalid('Label schema `instruction` must be at most 1000 characters.')
  }
}

const inputs: Readonly<Record<string, (input: JsonObject) => string | undefined>> = {
  pass_fail: ({ positive_label: yes, negative_label: no }) =>
    !text(yes, 64) || !text(no, 64) || yes === no
      ? '`positive_label` and `negative_label` must be two different texts of 1 to 64 characters'
      : undefined,
  categorical: ({ options }) =>
    !Array.isArray(options) ||
    options.length < 1 ||
    options.length > 10 ||
    !options.every((option) => text(option, 64)) ||
    new Set(options).size < options.length
      ? '`options` must be 1 to 10 different texts of 1 to 64 characters'
      : undefined,
  numeric: ({ min_value: min, max_value: max }) =>
    !optionalNumber(min) || !optionalNumber(max) || (typeof min === 'number' && typeof max === 'number' && min >= max)
      ? '`min_value` must be less than `max_value`'
      : undefined,
  text: ({ max_length: most }) =>
    !optionalNumber(most) || (typeof most === 'number' && most < 1) ? '`max_length` must be at least 1' : undefined,
}

function checkInput(value: unknown): void {
  const sent = isObject(value) ? Object.entries(value).filter(([, one]) => one !== null && one !== undefined) : []
  const [kind = '', input] = sent[0] ?? []
  const check = inputs[kind]
  if (sent.length !== 1 || !check) {
    throw invalid('Label schema `input` must have exactly one of `pass_fail`, `categorical`, `numeric`, or `text` set.')
  }
  const wrong = check(objectAt(input))
  if (wrong) throw invalid(`Label schema \`input\` is invalid: ${wrong}.`)
}

async function demandFree(
  from: Repositories,
  workspace: string,
  { experiment, name, but }: { readonly experiment: string; readonly name: string; readonly but?: string },
): Promise<void> {
  const known = await inExperiment(from, workspace, { kind: SCHEMA, experiment })
  if (known.some((one) => one.name === name && one.id !== but)) {
    throw fault('LabelSchemaExists', { schema: name, experiment })
  }
}

const newDocument = (workspace: string, of: Omit<LabelSchema, 'id'>): TrackedDocument => ({
  ...{ workspace, kind: SCHEMA, id: `ls-${randomUUID().replaceAll('-', '')}`, owner: of.experimentId },
  ...{ name: of.name, at: of.createdAt, body: of.body },
})

/** @throws ExperimentNotFound, LabelSchemaExists, ParameterInvalid */
export async function createLabelSchema(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  workspace: string,
  { experiment, name, fields }: { readonly experiment: string; readonly name: string; readonly fields: JsonObject },
): Promise<LabelSchema> {
  checkName(name)
  if (fields.type !== 'FEEDBACK' && fields.type !== 'EXPECTATION') {
    throw invalid('Label schema `type` must be one of FEEDBACK, EXPECTATION.')
  }
  checkInstruction(fields.instruction)
  checkInput(fields.input)
  const createdAt = now().getTime()
  return await store.write(async (within) => {
    const { id: experimentId } = await findExperiment(within, workspace, experiment)
    await demandFree(within, workspace, { experiment: experimentId, name })
    const body = { enable_comment: false, ...fields, is_default: false, last_updated_at: createdAt }
    const document = newDocument(workspace, { experimentId, name, createdAt, body })
    await within.documents.put(document)
    return schemaOf(document)
  })
}

/** @throws LabelSchemaNotFound */
export async function findLabelSchema(from: Repositories, workspace: string, id: string): Promise<LabelSchema> {
  const found = await from.documents.get(workspace, SCHEMA, id)
  if (!found) throw fault('LabelSchemaNotFound', { schema: id })
  return schemaOf(found)
}

/** The questions of an experiment, newest first; its default one is made when they are first asked for. */
export async function labelSchemasOf(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  workspace: string,
  experiment: string,
): Promise<readonly LabelSchema[]> {
  const { id: experimentId } = await findExperiment(store, workspace, experiment)
  const known = await inExperiment(store, workspace, { kind: SCHEMA, experiment: experimentId })
  if (known.some(({ body }) => body.is_default === true)) return known.map(schemaOf)
  const createdAt = now().getTime()
  return await store.write(async (within) => {
    const now = await inExperiment(within, workspace, { kind: SCHEMA, experiment: experimentId })
    if (now.some(({ body }) => body.is_default === true)) return now.map(schemaOf)
    const input = { text: {} }
    const { name, instruction } = DEFAULT
    const rest = { enable_comment: false, is_default: true, last_updated_at: createdAt }
    const body = { type: 'FEEDBACK', input, instruction, ...rest }
    const document = newDocument(workspace, { experimentId, name, createdAt, body })
    await within.documents.put(document)
    return [schemaOf(document), ...now.map(schemaOf)]
  })
}

/** @throws LabelSchemaNotFound, LabelSchemaExists, ParameterInvalid; the default one stays as it is */
export async function updateLabelSchema(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  workspace: string,
  { id, name, fields }: { readonly id: string; readonly name: string | undefined; readonly fields: JsonObject },
): Promise<LabelSchema> {
  checkInstruction(fields.instruction)
  if (fields.input !== undefined) checkInput(fields.input)
  const at = now().getTime()
  return await store.write(async (within) => {
    const found = await within.documents.get(workspace, SCHEMA, id)
    if (!found) throw fault('LabelSchemaNotFound', { schema: id })
    if (found.body.is_default === true) throw invalid("The experiment's default question cannot be edited.")
    if (name !== undefined && name !== found.name) {
      checkName(name)
      await demandFree(within, workspace, { experiment: found.owner, name, but: id })
    }
    const changed = withBody({ ...found, name: name ?? found.name }, { ...found.body, ...fields, last_updated_at: at })
    await within.documents.put(changed)
    return schemaOf(changed)
  })
}

/** Forgets a question; one that is not there is gone already. @throws ParameterInvalid for the default one */
export async function deleteLabelSchema({ store }: Pick<Deps, 'store'>, workspace: string, id: string): Promise<void> {
  await store.write(async (within) => {
    const found = await within.documents.get(workspace, SCHEMA, id)
    if (found?.body.is_default === true) throw invalid("The experiment's default question cannot be deleted.")
    if (found) await within.documents.remove(workspace, SCHEMA, [id])
  })
}

/** @throws ParameterInvalid where one of them is no question of the experiment */
export async function demandSchemas(
  from: Repositories,
  workspace: string,
  { experiment, ids }: { readonly experiment: string; readonly ids: readonly string[] },
): Promise<void> {
  for (const id of ids) {
    const found = await from.documents.get(workspace, SCHEMA, id)
    if (found?.owner !== experiment) {
      throw invalid(`Label schema '${textAt(id)}' does not exist in experiment '${experiment}'.`)
    }
  }
}

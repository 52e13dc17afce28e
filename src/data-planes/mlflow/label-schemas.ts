import { Type } from 'typebox'
import { findExperiment } from '../../domain/experiments/find-experiment.ts'
import {
  createLabelSchema,
  deleteLabelSchema,
  findLabelSchema,
  type LabelSchema,
  labelSchemasOf,
  updateLabelSchema,
} from '../../domain/reviews/label-schemas.ts'
import { pageOfAll } from '../../domain/reviews/review-documents.ts'
import { pageToken, readOffset } from '../../domain/search/page-token.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import { limitOf } from './listing.ts'
import { mlflow, required } from './mlflow-operation.ts'
import { Whole } from './schemas.ts'

const read = 'experiments/read'
const write = 'experiments/write'
const text = Type.Optional(Type.String())
const Fields = {
  name: text,
  instruction: text,
  enable_comment: Type.Optional(Type.Boolean()),
  input: Type.Optional(Type.Record(Type.String(), Type.Any())),
}

const present = ({ id, experimentId, name, createdAt, body }: LabelSchema): JsonObject => ({
  schema_id: id,
  experiment_id: experimentId,
  name,
  ...body,
  created_at: createdAt,
})

const said = (fields: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

/** Questions that reviewers answer about traces, by experiment. */
export const labelSchemaOperations = [
  mlflow({
    name: 'createLabelSchema',
    method: 'POST',
    api: '3.0',
    path: '/label-schemas/create',
    right: write,
    input: Type.Object({ ...Fields, experiment_id: text, type: text }),
    async answer(deps, { input: { experiment_id, name, ...fields }, workspace }) {
      const schema = await createLabelSchema(deps, workspace.key, {
        experiment: required('experiment_id', experiment_id),
        name: required('name', name),
        fields: said(fields),
      })
      return { label_schema: present(schema) }
    },
  }),
  mlflow({
    name: 'getLabelSchema',
    method: 'GET',
    api: '3.0',
    path: '/label-schemas/get',
    right: read,
    input: Type.Object({ schema_id: text }),
    answer: async ({ store }, { input, workspace }) => ({
      label_schema: present(await findLabelSchema(store, workspace.key, required('schema_id', input.schema_id))),
    }),
  }),
  mlflow({
    name: 'getLabelSchemaByName',
    method: 'GET',
    api: '3.0',
    path: '/label-schemas/get-by-name',
    right: read,
    input: Type.Object({ experiment_id: text, name: text }),
    async answer(deps, { input, workspace }) {
      const name = required('name', input.name)
      const experiment = required('experiment_id', input.experiment_id)
      await findExperiment(deps.store, workspace.key, experiment)
      const found = (await labelSchemasOf(deps, workspace.key, experiment)).find((one) => one.name === name)
      if (!found) throw fault('LabelSchemaNotFound', { schema: name })
      return { label_schema: present(found) }
    },
  }),
  mlflow({
    name: 'listLabelSchemas',
    method: 'GET',
    api: '3.0',
    path: '/label-schemas/list',
    right: read,
    input: Type.Object({ experiment_id: text, max_results: Type.Optional(Whole), page_token: text }),
    async answer(deps, { input, workspace }) {
      const all = await labelSchemasOf(deps, workspace.key, required('experiment_id', input.experiment_id))
      const size = limitOf(input.max_results, { usual: 100, most: 50_000 })
      const page = pageOfAll(all, { start: readOffset(input.page_token), size, most: 50_000 })
      return {
        label_schemas: page.items.map(present),
        ...(page.next !== undefined && { next_page_token: pageToken(page.next) }),
      }
    },
  }),
  mlflow({
    name: 'updateLabelSchema',
    method: 'PATCH',
    api: '3.0',
    path: '/label-schemas/update',
    right: write,
    input: Type.Object({ ...Fields, schema_id: text }),
    async answer(deps, { input: { schema_id, name, ...fields }, workspace }) {
      const wanted = { id: required('schema_id', schema_id), name, fields: said(fields) }
      return { label_schema: present(await updateLabelSchema(deps, workspace.key, wanted)) }
    },
  }),
  mlflow({
    name: 'deleteLabelSchema',
    method: 'DELETE',
    api: '3.0',
    path: '/label-schemas/delete',
    right: write,
    input: Type.Object({ schema_id: text }),
    async answer(deps, { input, workspace }) {
      await deleteLabelSchema(deps, workspace.key, required('schema_id', input.schema_id))
      return {}
    },
  }),
]

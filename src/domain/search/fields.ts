/** What a comparison is about: the word before the dot, whatever way it was written. */
export type Entity =
  | 'metrics'
  | 'params'
  | 'tags'
  | 'attributes'
  | 'datasets'
  | 'metadata'
  | 'spans'
  | 'feedback'
  | 'expectations'

/** How an entity is written, in the singular and the plural of MLflow's own words. */
const words: Readonly<Record<Entity, readonly string[]>> = {
  metrics: ['metrics', 'metric'],
  params: ['params', 'param', 'parameters', 'parameter'],
  tags: ['tags', 'tag'],
  attributes: ['attributes', 'attribute', 'attr', 'run', 'trace'],
  datasets: ['datasets', 'dataset'],
  metadata: ['metadata', 'request_metadata'],
  spans: ['span', 'spans'],
  feedback: ['feedback', 'feedbacks'],
  expectations: ['expectation', 'expectations'],
}
const entities: ReadonlyMap<string, Entity> = new Map(
  (Object.keys(words) as Entity[]).flatMap((entity) => words[entity].map((word) => [word, entity] as const)),
)

/** The entity that a word stands for. */
export const entityNamed = (word: string): Entity | undefined => entities.get(word.toLowerCase())

/** What is compared with: a quoted text, a number, or either. */
export type FieldType = 'text' | 'number' | 'any'

/** What things of a kind can be searched by. */
export interface Fields {
  /** By folded name. */
  readonly attributes: Readonly<Record<string, FieldType>>
  /** Entities beside attributes, with their only keys where they have a few. */
  readonly others: Partial<Readonly<Record<Entity, readonly string[] | 'any'>>>
}

const types: Readonly<Record<Exclude<Entity, 'attributes'>, FieldType>> = {
  metrics: 'number',
  params: 'text',
  tags: 'text',
  datasets: 'text',
  metadata: 'text',
  spans: 'text',
  feedback: 'any',
  expectations: 'any',
}

/** The type of a field, or why there is none of that name. */
export function fieldType(fields: Fields, entity: Entity, key: string): FieldType | { readonly reason: string } {
  if (entity === 'attributes') {
    const name = key.toLowerCase()
    if (Object.hasOwn(fields.attributes, name)) return fields.attributes[name] ?? 'text'
    return {
      reason: `Invalid attribute key '${key}' specified. Valid keys are ${listed(Object.keys(fields.attributes))}`,
    }
  }
  const keys = fields.others[entity]
  if (keys === undefined) {
    const known = ['attributes', ...Object.keys(fields.others)]
    return { reason: `Invalid entity type '${entity}'. Valid values are ${listed(known)}` }
  }
  if (keys !== 'any' && !keys.includes(key)) {
    return { reason: `Invalid key '${key}' of ${entity} specified. Valid keys are ${listed(keys)}` }
  }
  return types[entity]
}

const listed = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ')

const text = 'text'
const number = 'number'
const any = 'any'
const DATASET = ['name', 'digest', 'context']

export const runFields: Fields = {
  attributes: {
    run_id: text,
    run_name: text,
    'run name': text,
    user_id: text,
    status: text,
    experiment_id: text,
    start_time: number,
    end_time: number,
    created: number,
  },
  others: { metrics: any, params: any, tags: any, datasets: DATASET },
}

export const experimentFields: Fields = {
  attributes: { name: text, experiment_id: text, creation_time: number, last_update_time: number },
  others: { tags: any },
}

export const registeredModelFields: Fields = {
  attributes: { name: text, creation_timestamp: number, last_updated_timestamp: number, timestamp: number },
  others: { tags: any },
}

export const modelVersionFields: Fields = {
  attributes: {
    name: text,
    version: any,
    version_number: number,
    run_id: text,
    source_path: text,
    creation_timestamp: number,
    last_updated_timestamp: number,
  },
  others: { tags: any },
}

export const traceFields: Fields = {
  attributes: {
    trace_id: text,
    request_id: text,
    client_request_id: text,
    experiment_id: text,
    timestamp: number,
    timestamp_ms: number,
    execution_time: number,
    execution_time_ms: number,
    end_time: number,
    end_time_ms: number,
    status: text,
    state: text,
    name: text,
    run_id: text,
    prompt: text,
    text,
  },
  others: { tags: any, metadata: any, spans: any, feedback: any, expectations: any },
}

export const datasetFields: Fields = {
  attributes: {
    name: text,
    dataset_id: text,
    created_by: text,
    last_updated_by: text,
    created_time: number,
    last_update_time: number,
  },
  others: { tags: any },
}

export const loggedModelFields: Fields = {
  attributes: {
    model_id: text,
    name: text,
    model_name: text,
    model_type: text,
    status: text,
    source_run_id: text,
    experiment_id: text,
    creation_timestamp: number,
    creation_timestamp_ms: number,
    creation_time: number,
    last_updated_timestamp: number,
    last_updated_timestamp_ms: number,
    last_updated_time: number,
  },
  others: { metrics: any, params: any, tags: any },
}

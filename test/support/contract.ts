import { join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import { type OpenApiDocument, type OpenApiOperation, openApiOf, type Schema } from '../../scripts/spec/open-api.ts'
import { openFacts } from '../../src/arm/facts/facts.ts'

const facts = openFacts(join(import.meta.dirname, '..', '..', 'spec'))

interface Contract {
  readonly document: OpenApiDocument
  readonly operations: readonly {
    readonly path: RegExp
    readonly method: string
    readonly operation: OpenApiOperation
  }[]
  validator(schema: Schema): ValidateFunction
}

const contracts = new Map<string, Contract>()
const checked = new Set<string>()

/** The operations whose answers were checked in this process, as `Group_name status`: what a suite has covered. */
export const checkedOperations: ReadonlySet<string> = checked

/**
 * Checks an answer of a resource provider against the OpenAPI document of the version that was asked.
 *
 * @throws Error where the operation has no such status, or the body is not what its schema says; also where the
 *   version's facts know no such operation, unless the answer is a refusal
 */
export function checkResponse(method: string, url: string, status: number, body: unknown): void {
  const asked = new URL(url, 'https://management.azure.com')
  const version = asked.searchParams.get('api-version') ?? ''
  const namespace = /.*\/providers\/([^/]+)/i.exec(asked.pathname)?.[1] ?? 'Microsoft.Resources'
  const contract = contractOf(namespace, version)
  const path = decodeURIComponent(asked.pathname).replace(/\/$/, '')
  const found = contract.operations.find((one) => one.method === method && one.path.test(path))
  const name = `${method} ${path} at ${version}`
  if (!found) {
    if (status >= 400) return
    throw new Error(`${name}: the facts know no such operation`)
  }
  const { operation } = found
  const known = operation.responses[String(status)]
  if (status < 400 && !(String(status) in operation.responses)) {
    throw new Error(`${name}: ${status} is none of ${Object.keys(operation.responses).join(', ')}`)
  }
  checked.add(`${operation.operationId} ${status}`)
  const schema = status < 400 ? known : operation.error
  if (!schema || body === undefined || body === '') return
  const validate = contract.validator(schema)
  if (validate(body)) return
  const problems = (validate.errors ?? []).slice(0, 8).map((one) => `${one.instancePath} ${one.message}`)
  throw new Error(
    `${name} answered ${status}:\n${problems.join('\n')}\n${JSON.stringify(body, null, 1).slice(0, 2_000)}`,
  )
}

function contractOf(namespace: string, version: string): Contract {
  const key = `${namespace.toLowerCase()} ${version}`
  const made = contracts.get(key) ?? makeContract(openApiOf(facts, namespace, version))
  contracts.set(key, made)
  return made
}

function makeContract(document: OpenApiDocument): Contract {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true })
  addFormats.default(ajv)
  ajv.addSchema({ $id: 'contract', components: document.components })
  const validators = new Map<string, ValidateFunction>()
  return {
    document,
    operations: Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path: expression(path), method, operation })),
    ),
    validator(schema) {
      const text = JSON.stringify(schema).replaceAll('"#/', '"contract#/')
      const validator = validators.get(text) ?? ajv.compile(JSON.parse(text) as Schema)
      validators.set(text, validator)
      return validator
    },
  }
}

/** A path template as an expression; case folds, as ARM's does. */
const expression = (template: string): RegExp =>
  new RegExp(
    `^${template
      .replace(/[.*+?^$()|[\]\\]/g, '\\$&')
      .replace(/^\/\{scope\}/, '.*')
      .replace(/\{[^}]+\}/g, '[^/]+')}$`,
    'i',
  )

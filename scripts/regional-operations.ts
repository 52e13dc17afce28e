/**
 * Writes `spec/regional-operations.json`: every operation of the regional services that Azure's public clients know, by
 * method, path and name. What has no route here answers a `NotImplemented` that names it.
 *
 * `node scripts/regional-operations.ts FACTS`, where FACTS holds the services' facts (`dp.*.json`,
 * `handwritten-routes.json`) as they are extracted from the client packages.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mlflowOperations } from './mlflow-operations.ts'

const folder = process.argv[2]
if (!folder) throw new Error('Usage: node scripts/regional-operations.ts FACTS')

const target = join(import.meta.dirname, '..', 'spec', 'regional-operations.json')
const WORKSPACE =
  /\/?(?:\/subscriptions\/\{\w+\}\/resourceGroups\/\{\w+\}\/providers\/Microsoft\.MachineLearningServices\/workspaces\/\{\w+\}|\{arm_scope\})/i
/** Services that stand at the region's hosts; the rest is the resource manager's. */
const SERVICES =
  /^\/(history|metric|artifact|data|dataset|modelregistry|modelmanagement|execution|hyperdrive|mlflow|environment|content|pipelines|index|assetstore|registrymanagement|discovery|mferp|rp|studioservice|datastore|assetgallery)\b/

interface Facts {
  readonly operations: readonly {
    readonly group: string
    readonly name: string
    readonly method: string
    readonly path: string
  }[]
}
type Row = readonly [method: string, path: string, name: string]

const found = new Map<string, Row>()
const add = (method: string, path: string, name: string): void => {
  const short = path
    .replace(WORKSPACE, '{ws}')
    .replace(/^\/?\{ws\}\/(hd)?runs/, (all) => `/hyperdrive/v1.0${all.startsWith('/') ? all.slice(1) : all}`)
  if (!SERVICES.test(short)) return
  const key = `${method} ${short.replace(/\{\w+\}/g, '{}').toLowerCase()}`
  if (!found.has(key)) found.set(key, [method, short, name])
}

for (const file of globSync('dp.*.json', { cwd: folder }).sort()) {
  if (file.endsWith('-tsp.json')) continue
  const facts: Facts = JSON.parse(readFileSync(join(folder, file), 'utf8'))
  for (const { group, name, method, path } of facts.operations) add(method, path, `${group}.${name}`)
}
const handwritten: { routes: [string, string, string, string][] } = JSON.parse(
  readFileSync(join(folder, 'handwritten-routes.json'), 'utf8'),
)
for (const [method, path] of handwritten.routes) {
  const words = path.split('/').filter((part) => /^[a-z]/i.test(part) && !/^v\d/.test(part))
  add(method, path, `${words[0]}.${words.slice(1).join('.') || 'root'}`)
}
for (const [method, path, name] of mlflowOperations) add(method, `/mlflow/v2.0{ws}/api${path}`, `MLflow.${name}`)

const rows = [...found.values()].sort((a, b) => (a[1] === b[1] ? a[0].localeCompare(b[0]) : a[1].localeCompare(b[1])))
writeFileSync(target, `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(',\n')}\n]\n`)
console.log(`${rows.length} operations in ${target}`)

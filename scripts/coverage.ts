/**
 * Writes `docs/coverage.md` from what the program declares: the resource types of its providers, and the operations of
 * the regional services beside all that Azure's public clients know of. `--check` fails where the page is not that.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadRegistry, type RegisteredType } from '../src/arm/registry.ts'
import { faces } from '../src/data-planes/faces.ts'
import { whyLeftOut } from '../src/data-planes/left-out.ts'
import { frontOperations } from '../src/data-planes/managementfrontend/front.ts'
import { namedOperations } from '../src/data-planes/named-operations.ts'
import { vaultOperations } from '../src/data-planes/vault/vault-operations.ts'

const root = join(import.meta.dirname, '..')
const target = join(root, 'docs', 'coverage.md')

interface Row {
  readonly method: string
  readonly path: string
  readonly name: string
  readonly done: boolean
}

const keyOf = (method: string, path: string): string => `${method} ${path.replace(/\{\w*\}/g, '{}').toLowerCase()}`

function regionalRows(): Row[] {
  const rows = new Map<string, Row>()
  for (const [method, path, name] of namedOperations()) {
    rows.set(keyOf(method, path), { method, path, name, done: false })
  }
  for (const [method, path] of frontOperations) {
    const known = rows.get(keyOf(method, path))
    if (known) rows.set(keyOf(method, path), { ...known, done: true })
  }
  for (const { prefixes, operations } of faces) {
    for (const { method, path: below, name } of operations) {
      for (const [at, prefix] of prefixes.entries()) {
        const path = `${prefix}{ws}${below}`
        const known = rows.get(keyOf(method, path))
        // Further prefixes are the same operations under another version: only those that clients know are worth a row.
        if (known || at === 0) rows.set(keyOf(method, path), { method, path, name, ...known, done: true })
      }
    }
  }
  return [...rows.values()].sort((a, b) =>
    a.path === b.path ? a.method.localeCompare(b.method) : a.path < b.path ? -1 : 1,
  )
}

const serviceOf = ({ path }: Row): string => path.split('{ws}')[0]?.split('/').slice(1, 3).join('/') || path

function regionalPart(): string {
  const services = Map.groupBy(regionalRows(), serviceOf)
  const parts = [...services].map(([service, rows]) => {
    const done = rows.filter((row) => row.done)
    const left = rows.filter((row) => !row.done)
    const list = (some: readonly Row[]) =>
      some.map(({ method, path, name }) => `| ${method} | \`${path.replaceAll('|', '\\|')}\` | ${name} |`).join('\n')
    const table = (title: string, some: readonly Row[]) =>
      some.length === 0 ? '' : `\n${title}:\n\n| | path | name |\n| --- | --- | --- |\n${list(some)}\n`
    const share = Math.floor((100 * done.length) / rows.length)
    const onPurpose = Map.groupBy(left, ({ method, path }) => whyLeftOut(method, path))
    const refused = [...onPurpose]
      .filter(([reason]) => reason !== undefined)
      .map(([reason, some]) => table(`Answers 501 \`NotImplemented\` on purpose: ${reason}`, some))
    const rest = onPurpose.get(undefined) ?? []
    return `### ${service}: ${done.length} of ${rows.length} (${share} %)\n${table('Works', done)}${refused.join('')}${table('Answers 501 `NotImplemented`', rest)}`
  })
  return parts.join('\n')
}

function vaultPart(): string {
  const rows = vaultOperations.map(({ method, path, name }) => `| ${method} | \`${path}\` | ${name} |`)
  return `| | path | name |\n| --- | --- | --- |\n${rows.toSorted().join('\n')}\n`
}

async function armPart(): Promise<string> {
  const registry = await loadRegistry(join(root, 'src', 'providers'))
  const rows = registry.providers
    .flatMap(({ types }) => types)
    .toSorted((a, b) => (a.type < b.type ? -1 : 1))
    .map(typeRow)
  const operations = registry.operations
    .map(
      ({ provider, operation }) =>
        `| ${operation.method} | ${operation.scope} | \`${provider.namespace}\` \`${operation.path}\` |`,
    )
    .toSorted()
  return `| type | writes | actions |\n| --- | --- | --- |\n${rows.join('\n')}\n\nOperations that no resource stands behind:\n\n| | scope | path |\n| --- | --- | --- |\n${operations.join('\n')}\n`
}

function typeRow({ type, declaration }: RegisteredType): string {
  const verbs = declaration.verbs ?? ['put', 'delete']
  const actions = Object.keys(declaration.actions ?? {}).sort()
  return `| \`${type}\` | ${verbs.length === 0 ? 'none' : verbs.join(', ')} | ${actions.map((action) => `\`${action}\``).join(', ')} |`
}

const page = `# What works

Made by \`npm run coverage\` from the declarations themselves; not to be edited by hand. \`{ws}\` is
\`/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}\`.

## Resource manager

Every type can be read and listed; the rest is in the table. A type that is not here is refused by name.

${await armPart()}
## Key Vault

${vaultPart()}
## Regional services

${regionalPart()}`

if (process.argv.includes('--check')) {
  const fresh = existsSync(target) && readFileSync(target, 'utf8') === page
  if (!fresh) console.error('docs/coverage.md is not what the declarations say: run `npm run coverage`')
  process.exitCode = fresh ? 0 : 1
} else {
  writeFileSync(target, page)
  console.log(`${target}: ${page.split('\n').length} lines`)
}

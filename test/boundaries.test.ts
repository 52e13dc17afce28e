import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

const src = join(import.meta.dirname, '..', 'src')
/** Tests, and what several tests of a folder share (`test-*.ts`), may reach for real adapters. */
const files = globSync('**/*.ts', { cwd: src }).filter((file) => !/\.test\.ts$|(^|\/)test-[^/]+\.ts$/.test(file))

/** What everybody may import: values without behaviour of their own. */
const kernel = [
  /^faults\.ts$/,
  /^faults\//,
  /^hop-by-hop\.ts$/,
  /^json\.ts$/,
  /^lenient-json\.ts$/,
  /^resource-id\.ts$/,
]
/** The seams: interfaces that adapters implement and rules are written against. */
const ports = [
  /^store\/[^/]+\.ts$/,
  /^compute\/engine\.ts$/,
  /^serving\/engine\.ts$/,
  /^blobs\/blobs\.ts$/,
  /^identity\/identity\.ts$/,
  /^gateway\/surface\.ts$/,
  /^environments\/environments\.ts$/,
  /^domain\/deps\.ts$/,
  /^domain\/simulation\/simulation\.ts$/,
  /^domain\/sweeps\/(bayesian|search-space)\.ts$/,
]

/** Folder by folder, what its files may import besides the kernel and their own folder. */
const walls: Readonly<Record<string, readonly RegExp[]>> = {
  arm: ports,
  providers: [/^arm\/define-resource\.ts$/, /^domain\//, ...ports],
  'data-planes': [/^domain\//, ...ports],
  identity: [/^domain\//, ...ports],
  domain: ports,
  compute: [/^environments\//, /^host\//, ...ports],
  host: ports,
  environments: ports,
  serving: [/^environments\//, /^host\//, ...ports],
  store: ports,
  blobs: ports,
  gateway: ports,
  cli: [/^config\.ts$/, ...ports],
  faults: [],
  'config.ts': [/^domain\/deps\.ts$/],
  'faults.ts': [],
  'hop-by-hop.ts': [],
  'json.ts': [],
  'lenient-json.ts': [],
  'resource-id.ts': [],
  'bootstrap.ts': [/^arm\/define-resource\.ts$/, ...ports],
  'doctor.ts': [/^blobs\//, /^store\//],
  'load-engines.ts': [/./],
  'load-planes.ts': [/./],
  'main.ts': [/./],
}

/** Walls inside a folder whose parts are each other's equals: none may know another. */
const siblings: readonly { readonly of: string; readonly shared: RegExp }[] = [
  { of: 'data-planes', shared: /^data-planes\/[^/]+\.ts$/ },
  { of: 'providers', shared: /^$/ },
]

/** The few imports that cross a wall knowingly, each with its reason. */
const crossings: readonly { readonly from: RegExp; readonly to: RegExp; readonly why: string }[] = [
  {
    from: /^data-planes\/storage\//,
    to: /^blobs\//,
    why: 'the blob wire protocol stands on the core that the port shows in part',
  },
]

test('src: every folder is one that the table of walls names', () => {
  const folders = new Set(files.map(area))
  assert.deepEqual(
    [...folders].filter((folder) => !(folder in walls)),
    [],
  )
})

test('src: a file imports only what its folder may', () => {
  const through = files.flatMap((file) =>
    importsOf(file)
      .filter((target) => !mayImport(file, target))
      .map((target) => `${file} imports ${target}`),
  )
  assert.deepEqual(through, [])
})

test('src/domain: rules know no HTTP', () => {
  const http = files.filter(
    (file) => area(file) === 'domain' && /from '(node:https?|node:http2|node:net|fastify)'/.test(read(file)),
  )
  assert.deepEqual(http, [])
})

test('src/config.ts alone reads the environment', () => {
  const readers = files.filter((file) => file !== 'config.ts' && /\bprocess\.env\b/.test(code(read(file))))
  assert.deepEqual(readers, [])
})

test('src: no file stands outside the size that a reader can hold', () => {
  const long = files.filter((file) => read(file).split('\n').length > 401)
  assert.deepEqual(long, [])
})

test('every top folder of src and of the repository says what it is', () => {
  const root = join(src, '..')
  const folders = [...new Set(files.filter((file) => file.includes('/')).map((file) => `src/${area(file)}`))]
    .concat(['bench', 'demo', 'python', 'spec', 'test'])
    .filter((folder) => folder !== 'src/faults')
  const silent = folders.filter((folder) => globSync('README.md', { cwd: join(root, folder) }).length === 0)
  assert.deepEqual(silent, [])
  const wordy = folders.filter(
    (folder) => readFileSync(join(root, folder, 'README.md'), 'utf8').split('\n').length > 61,
  )
  assert.deepEqual(wordy, [])
})

function mayImport(file: string, target: string): boolean {
  if (kernel.some((pattern) => pattern.test(target))) return true
  if (crossings.some(({ from, to }) => from.test(file) && to.test(target))) return true
  if (area(file) === area(target)) return sameFolder(file, target)
  return walls[area(file)]?.some((pattern) => pattern.test(target)) ?? false
}

function sameFolder(file: string, target: string): boolean {
  const rule = siblings.find(({ of }) => of === area(file))
  if (!rule || rule.shared.test(target) || rule.shared.test(file)) return true
  return file.split('/')[1] === target.split('/')[1]
}

function area(file: string): string {
  return file.split('/')[0] ?? file
}

function importsOf(file: string): string[] {
  const found = code(read(file)).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"](\.[^'"]+)['"]/g)
  return [...found].map(([, path]) => normalize(join(dirname(file), path ?? '')))
}

function read(file: string): string {
  return readFileSync(join(src, file), 'utf8')
}

/** The text without its comments, so that prose about an import is none. */
function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
}

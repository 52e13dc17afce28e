import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

/** The catalogue spreads those of the planes: of two entries of one name the later would win in silence. */
test('no two planes have a fault of one name', async () => {
  const folder = join(import.meta.dirname, '..', 'src', 'faults')
  const seen = new Map<string, string>()
  const twice: string[] = []
  for (const file of globSync('*.ts', { cwd: folder })) {
    const catalogues: Readonly<Record<string, object>> = await import(join(folder, file))
    for (const name of Object.values(catalogues).flatMap((catalogue) => Object.keys(catalogue))) {
      if (seen.has(name)) twice.push(`${name}: ${seen.get(name)} and ${file}`)
      seen.set(name, file)
    }
  }
  assert.ok(seen.size > 200)
  assert.deepEqual(twice, [])
})

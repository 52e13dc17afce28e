/** Every curated environment of the built-in registry is an image that the environments' table knows. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { curatedEnvironments } from '../src/domain/registries/curated.ts'
import { imageOf } from '../src/environments/images.ts'

for (const { name, image, versions } of curatedEnvironments) {
  test(`${name} is a Python with packages here`, () => {
    const known = imageOf(`mcr.microsoft.com/azureml/curated/${image}:${versions.at(-1)}`)
    assert.ok(known && known.packages.length > 0, `no row for ${image}`)
    assert.match(known.python ?? '', /^3\.\d+$/)
  })
}

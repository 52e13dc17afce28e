import assert from 'node:assert/strict'
import { test } from 'node:test'
import { murmur64, nameGuid, uniqueString } from './unique-string.ts'

test('uniqueString: the values that others published', () => {
  // From tests of other people's tools, who had them from Azure or from its own library.
  for (const [value, ...texts] of [
    ['zcztcwvu6iyg6', 'tyeth'],
    ['rbgf3xv4ufgzg', 'test'],
    ['cgtzqvhu4i23s', 'abc'],
    ['a7wkljktk6wne', 'hello', 'world'],
    ['xzi4ioaxtmth4', 'foo', 'bar', 'baz'],
    ['bmg7c6xu4tw46', '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-rg'],
    ['fd63l2gacbtca', '/subscriptions/3c7f956b-55ee-4686-9d30-da1eb631dc59/resourceGroups/rg-devopsshieldek010dev'],
  ]) {
    assert.equal(uniqueString(texts), value, texts.join())
  }
  assert.equal(murmur64('hello-world'), 571013382255652050n)
})

test('guid: a version 5 of the texts joined by dashes', () => {
  // By Python's uuid.uuid5 in the namespace that the reference of Bicep's functions names.
  assert.equal(nameGuid(['a', 'b', 'c']), 'a98fa280-e03f-5afa-8d8e-92d0a9c201e8')
  assert.match(nameGuid(['a', 'b']), /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(nameGuid(['a', 'b']), nameGuid(['a-b']))
  assert.notEqual(nameGuid(['a']), nameGuid(['b']))
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { checkResponse } from '../support/contract.ts'
import type { Ask } from '../support/server.ts'
import { ARM_VERSION, startVault, type VaultServer } from './vault-server.ts'

let vault: VaultServer
before(async () => {
  vault = await startVault('kv-arm')
})
after(() => vault.server.stop())

async function arm(path: string, options: Ask = {}) {
  const answer = await vault.server.ask(`${vault.id}${path}?${ARM_VERSION}`, options)
  checkResponse(options.method ?? 'GET', `${vault.id}${path}?${ARM_VERSION}`, answer.status, answer.json)
  return answer
}

test('a secret that is put through the resource manager is the vault’s own, and its value is never answered', async () => {
  const body = {
    tags: { a: 'b' },
    properties: { value: 'arm-value', contentType: 'text/plain', attributes: { enabled: true } },
  }
  const made = await arm('/secrets/one', { method: 'PUT', body })
  assert.equal(made.status, 201, made.text)
  assert.ok(!made.text.includes('arm-value'))
  assert.match(made.json.properties.secretUriWithVersion, /^http.+\/secrets\/one\/[0-9a-f]{32}$/)
  const seen = await vault.ask('/secrets/one')
  assert.deepEqual([seen.json.value, seen.json.contentType, seen.json.tags], ['arm-value', 'text/plain', { a: 'b' }])
  const again = await arm('/secrets/one', { method: 'PUT', body: { properties: { value: 'second' } } })
  assert.equal(again.status, 200, again.text)
  assert.equal((await vault.ask('/secrets/one')).json.value, 'second')
  assert.equal((await vault.ask('/secrets/one/versions')).json.value.length, 2)
  const read = await arm('/secrets/one')
  assert.ok(!read.text.includes('second'))
  const changed = await arm('/secrets/one', { method: 'PATCH', body: { properties: { contentType: 'other' } } })
  assert.equal(changed.json.properties.contentType, 'other', changed.text)
  assert.equal((await vault.ask('/secrets/one/versions')).json.value.length, 2, 'a change of what describes it')
  assert.equal((await vault.ask('/secrets/one')).json.value, 'second')
  const listed = await arm('/secrets')
  assert.deepEqual(
    listed.json.value.map(({ name }: { name: string }) => name),
    ['one'],
  )
})

test('refused: no value, no vault, a deleted name, a delete', async () => {
  const none = await arm('/secrets/two', { method: 'PUT', body: { properties: {} } })
  assert.equal(none.status, 400, none.text)
  const nowhere = await vault.server.ask(`${vault.id}-none/secrets/x?${ARM_VERSION}`, {
    method: 'PUT',
    body: { properties: { value: 'v' } },
  })
  assert.equal(nowhere.status, 404, nowhere.text)
  await arm('/secrets/three', { method: 'PUT', body: { properties: { value: 'v' } } })
  const removed = await vault.server.ask(`${vault.id}/secrets/three?${ARM_VERSION}`, { method: 'DELETE' })
  assert.equal(removed.status, 405, removed.text)
  await vault.ask('/secrets/three', { method: 'DELETE' })
  assert.equal((await arm('/secrets/three')).status, 404)
  const taken = await arm('/secrets/three', { method: 'PUT', body: { properties: { value: 'v' } } })
  assert.equal(taken.status, 409, taken.text)
})

test('a key that is put through the resource manager is the vault’s own; a second PUT changes nothing', async () => {
  const body = { tags: { a: 'b' }, properties: { kty: 'EC', curveName: 'P-384', attributes: { enabled: true } } }
  const made = await arm('/keys/one', { method: 'PUT', body })
  assert.equal(made.status, 200, made.text)
  assert.ok(!/privateKey|made|"d"/.test(made.text))
  const seen = await vault.ask('/keys/one')
  assert.deepEqual([seen.json.key.kty, seen.json.key.crv, seen.json.tags], ['EC', 'P-384', { a: 'b' }])
  assert.ok(made.json.properties.keyUriWithVersion.endsWith(new URL(seen.json.key.kid).pathname))
  const again = await arm('/keys/one', { method: 'PUT', body: { properties: { kty: 'RSA' } } })
  assert.equal(again.status, 200, again.text)
  assert.equal((await vault.ask('/keys/one')).json.key.kid, seen.json.key.kid)
  const read = await arm('/keys/one')
  assert.deepEqual([read.json.properties.kty, read.json.properties.curveName], ['EC', 'P-384'])
  const digest = Buffer.alloc(48, 1).toString('base64url')
  const signed = await vault.ask(`${new URL(seen.json.key.kid).pathname}/sign`, {
    method: 'POST',
    body: { alg: 'ES384', value: digest },
  })
  assert.equal(signed.status, 200, signed.text)
  assert.equal((await arm('/keys')).json.value.length, 1)
  const bad = await arm('/keys/two', { method: 'PUT', body: { properties: { kty: 'RSA', keySize: 1000 } } })
  assert.equal(bad.status, 400, bad.text)
})

test('the versions of a key are read through the resource manager, and never written', async () => {
  assert.equal((await vault.ask('/keys/one/create', { method: 'POST', body: { kty: 'RSA' } })).status, 200)
  const { value } = (await vault.ask('/keys/one/versions')).json
  const kids: string[] = value.map(({ kid }: { kid: string }) => kid.split('/').at(-1)).sort()
  const listed = await arm('/keys/one/versions')
  assert.equal(listed.status, 200, listed.text)
  const shown: { name: string; type: string; properties: { kty: string; keyUriWithVersion: string } }[] =
    listed.json.value
  assert.deepEqual(shown.map(({ name }) => name).sort(), kids)
  assert.deepEqual(shown.map(({ properties }) => properties.kty).sort(), ['EC', 'RSA'])
  assert.ok(!/privateKey|"d"/.test(listed.text))
  for (const { name, type } of shown) {
    assert.equal(type, 'Microsoft.KeyVault/vaults/keys/versions')
    const one = await arm(`/keys/one/versions/${name}`)
    assert.equal(one.status, 200, one.text)
    assert.ok(one.json.properties.keyUriWithVersion.endsWith(`/keys/one/${name}`), one.text)
  }
  assert.equal((await arm(`/keys/one/versions/${'0'.repeat(32)}`)).status, 404)
  assert.equal((await arm('/keys/none/versions')).status, 404)
  const written = await arm(`/keys/one/versions/${kids[0]}`, { method: 'PUT', body: { properties: {} } })
  assert.equal(written.status, 405, written.text)
})

test('access policies are added, replaced and removed one by one', async () => {
  const one = '11111111-1111-4111-8111-111111111111'
  const two = '22222222-2222-4222-8222-222222222222'
  const change = async (operation: string, objectId: string, permissions: object) => {
    const accessPolicies = [{ tenantId: vault.server.facts.tenantId, objectId, permissions }]
    const answer = await arm(`/accessPolicies/${operation}`, {
      method: 'PUT',
      body: { properties: { accessPolicies } },
    })
    assert.ok(answer.status < 300, answer.text)
    const { properties } = (await arm('')).json
    return Object.fromEntries(
      properties.accessPolicies.map(
        ({ objectId: id, permissions: held }: { objectId: string; permissions: object }) => [
          id,
          Object.fromEntries(Object.entries(held).filter(([, names]) => (names as unknown[]).length > 0)),
        ],
      ),
    )
  }
  assert.deepEqual(await change('add', one, { secrets: ['get'] }), { [one]: { secrets: ['get'] } })
  assert.deepEqual(await change('add', one, { secrets: ['Get', 'list'], keys: ['get'] }), {
    [one]: { secrets: ['get', 'list'], keys: ['get'] },
  })
  await change('add', two, { keys: ['all'] })
  assert.deepEqual(await change('replace', one, { secrets: ['set'] }), {
    [one]: { secrets: ['set'] },
    [two]: { keys: ['all'] },
  })
  assert.deepEqual(await change('remove', one, { secrets: ['set'] }), { [two]: { keys: ['all'] } })
  const none = await vault.server.ask(`${vault.id}/accessPolicies/explode?${ARM_VERSION}`, {
    method: 'PUT',
    body: { properties: { accessPolicies: [] } },
  })
  assert.equal(none.status, 400, none.text)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dataDirectoryOf, type Environment, readConfig, type Values } from './config.ts'

for (const [why, values, env, directory] of [
  ['the XDG default', {}, { HOME: '/home/me' }, '/home/me/.local/share/lazuli'],
  ['XDG_DATA_HOME', {}, { HOME: '/home/me', XDG_DATA_HOME: '/data' }, '/data/lazuli'],
  [
    'a relative XDG_DATA_HOME is to be ignored',
    {},
    { HOME: '/home/me', XDG_DATA_HOME: 'data' },
    '/home/me/.local/share/lazuli',
  ],
  ['the variable', {}, { HOME: '/home/me', LAZULI_DATA: '/var/lazuli' }, '/var/lazuli'],
  ['the flag wins', { data: '/mine' }, { LAZULI_DATA: '/var/lazuli' }, '/mine'],
] as const satisfies readonly (readonly [string, Values, Environment, string])[]) {
  test(`data directory: ${why}`, () => assert.equal(dataDirectoryOf(values, env), directory))
}

test('defaults are those that are documented', () => {
  const { host, port, logLevel, settings, upstream, origins } = readConfig({}, { HOME: '/home/me' })
  assert.deepEqual({ host, port, logLevel, origins }, { host: '127.0.0.1', port: 8484, logLevel: 'info', origins: [] })
  assert.deepEqual(settings, {
    allowSubstitute: false,
    keepFreeBytes: 1024 ** 3,
    quotaCores: 300,
    matchCloud: false,
    enforceRateLimit: false,
  })
  assert.deepEqual(upstream, { timeoutMs: 5000 })
})

for (const [why, values, env, proxy, noProxy] of [
  ['an existing proxy', {}, { HTTPS_PROXY: 'http://p:3128', NO_PROXY: 'corp' }, 'http://p:3128/', 'corp'],
  ['its lower-case form', {}, { https_proxy: 'p:3128', no_proxy: 'corp' }, 'http://p:3128/', 'corp'],
  ['the flag', { 'upstream-proxy': 'http://q:1' }, { HTTPS_PROXY: 'http://p:3128' }, 'http://q:1/', undefined],
  ['none, said so', { 'upstream-proxy': '' }, { HTTPS_PROXY: 'http://p:3128' }, undefined, undefined],
  [
    'a server started in a shell that points at one: what was there before, never itself',
    {},
    {
      HTTPS_PROXY: 'http://127.0.0.1:8484',
      NO_PROXY: 'localhost',
      LAZULI_SAVED: '{"HTTPS_PROXY":"http://p:3128","https_proxy":null,"NO_PROXY":null}',
    },
    'http://p:3128/',
    undefined,
  ],
  [
    'likewise where nothing was there',
    {},
    { HTTPS_PROXY: 'http://127.0.0.1:8484', LAZULI_SAVED: '{"HTTPS_PROXY":null}' },
    undefined,
    undefined,
  ],
] as const satisfies readonly (readonly [string, Values, Environment, string | undefined, string | undefined])[]) {
  test(`upstream proxy: ${why}`, () => {
    const { upstream } = readConfig(values, env)
    assert.deepEqual([upstream.proxy, upstream.noProxy], [proxy, noProxy])
  })
}

for (const [text, bytes] of [
  ['512M', 512 * 1024 ** 2],
  ['2g', 2 * 1024 ** 3],
  ['1GiB', 1024 ** 3],
  ['1024', 1024],
  ['0', 0],
] as const) {
  test(`--keep-free ${text}`, () => {
    assert.equal(readConfig({ 'keep-free': text }, {}).settings.keepFreeBytes, bytes)
  })
}

for (const [why, values, env] of [
  ['a port beyond the last', { port: '65536' }, {}],
  ['a negative port', { port: '-1' }, {}],
  ['no size', { 'keep-free': 'lots' }, {}],
  ['an unknown level', {}, { LAZULI_LOG_LEVEL: 'loud' }],
  ['a switch that is neither on nor off', {}, { LAZULI_ALLOW_SUBSTITUTE: 'perhaps' }],
  ['a proxy of another kind', {}, { HTTPS_PROXY: 'socks5://p:1080' }],
  ['a spoilt LAZULI_SAVED', {}, { LAZULI_SAVED: '{' }],
] as const satisfies readonly (readonly [string, Values, Environment])[]) {
  test(`refused: ${why}`, () => assert.throws(() => readConfig(values, env), { name: 'ConfigError' }))
}

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Endpoints } from './support/endpoints.ts'
import { startServer, type TestServer } from './support/server.ts'

/** Clients that are slow, broken or up to something, at endpoints whose scripts tell what reached them. */

let server: TestServer
let online: Endpoints
const endpoints: Record<'red' | 'tan', { id: string; key: string }> = {
  red: { id: '', key: '' },
  tan: { id: '', key: '' },
}
const ECHO = `from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml.contrib.services.aml_response import AMLResponse
import json
asked = 0
def init(): pass
@rawhttp
def run(request):
    global asked
    asked += 1
    said = request.get_data(False).decode("utf-8", "replace")
    return AMLResponse(json.dumps({"by": "NAME", "asked": asked, "said": said, "headers": list(request.headers.keys())}), 200)
`
before(async () => {
  server = await startServer()
  online = new Endpoints(server)
  for (const name of ['red', 'tan'] as const) {
    const id = await online.endpoint(name)
    await online.deploy(`${id}/deployments/${name}`, ECHO.replace('NAME', name), {
      requestSettings: { maxConcurrentRequestsPerInstance: 50, requestTimeout: 'PT60S', maxQueueWait: 'PT60S' },
    })
    await online.traffic(id, { [name]: 100 })
    endpoints[name] = { id, key: await online.key(id) }
  }
})
after(() => server?.stop())

const score = (name: 'red' | 'tan', body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) =>
  online.score(endpoints[name].id, { key: endpoints[name].key, body, headers })
/** How often the script was asked, this time included. */
const asked = async (name: 'red' | 'tan'): Promise<number> => JSON.parse((await score(name, 'count')).text).asked

async function wire(): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: server.facts.port })
  await once(socket, 'connect')
  socket.on('error', () => undefined)
  return socket
}
/** Sends bytes as they are; answers all that comes until the other side closes. */
async function raw(bytes: string | Uint8Array): Promise<string> {
  const socket = await wire()
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  socket.write(bytes)
  await once(socket, 'close')
  return text
}
const head = (lines: readonly string[], path = '/_score/eastus/red/score') =>
  [
    `POST ${path} HTTP/1.1`,
    `host: 127.0.0.1:${server.facts.port}`,
    `authorization: Bearer ${endpoints.red.key}`,
    ...lines,
    '',
    '',
  ].join('\r\n')

test('heads and bodies that do not come on keep nobody from being answered, and are answered when they come', async () => {
  const slow = await Promise.all(Array.from({ length: 100 }, wire))
  for (const [at, socket] of slow.entries()) {
    const whole = `${head(['content-length: 4', 'connection: close'])}slow`
    // Some stop in the middle of their head, the others in the middle of their body.
    socket.write(at % 2 === 0 ? whole.slice(0, 40) : whole.slice(0, -2))
  }
  for (let turn = 0; turn < 20; turn++) assert.equal((await score('red', 'quick')).status, 200)
  const [first, second, ...others] = slow
  for (const [socket, from] of [
    [first, 40],
    [second, -2],
  ] as const) {
    assert.ok(socket)
    socket.write(`${head(['content-length: 4', 'connection: close'])}slow`.slice(from))
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk))
    await once(socket, 'close')
    assert.match(text, /^HTTP\/1\.1 200 /)
    assert.match(text, /"said": "slow"/)
  }
  const before = await asked('red')
  for (const socket of others) socket.destroy()
  assert.equal(await asked('red'), before + 1, 'what was broken off never reached the script')
})

for (const { what, lines, body, status } of [
  { what: 'two lengths', lines: ['content-length: 2', 'content-length: 4'], body: '1234', status: 400 },
  {
    what: 'a length and chunks',
    lines: ['content-length: 4', 'transfer-encoding: chunked'],
    body: '0\r\n\r\n',
    status: 400,
  },
  { what: 'a length that is none', lines: ['content-length: -1'], body: '', status: 400 },
  { what: 'a chunk without a size', lines: ['transfer-encoding: chunked'], body: 'zz\r\n\r\n', status: 400 },
  {
    what: 'a header with a line of its own',
    lines: ['x-one: 1\rx-two: 2', 'content-length: 0'],
    body: '',
    status: 400,
  },
  { what: 'a header with a null byte', lines: ['x-one: 1\u00002', 'content-length: 0'], body: '', status: 400 },
  { what: 'a header name with blanks', lines: ['content-length : 2'], body: '{}', status: 400 },
  { what: 'too many headers', lines: Array.from({ length: 300 }, (_, at) => `x-${at}: 1`), body: '', status: 431 },
  { what: 'a header that is too long', lines: [`x-one: ${'x'.repeat(70_000)}`], body: '', status: 431 },
  { what: 'more than it may by its length', lines: ['content-length: 1572865'], body: '', status: 413 },
  {
    what: 'more than it may in chunks',
    lines: ['transfer-encoding: chunked'],
    body: `180001\r\n${'x'.repeat(0x180001)}\r\n0\r\n\r\n`,
    status: 413,
  },
  {
    what: 'more than it may once it is unpacked',
    lines: ['content-encoding: gzip', 'transfer-encoding: chunked'],
    body: chunked(gzipSync(Buffer.alloc(100_000_000))),
    status: 413,
  },
  {
    what: 'a body that is not packed as it says',
    lines: ['content-encoding: gzip', 'content-length: 4'],
    body: 'nope',
    status: 400,
  },
]) {
  test(`a request with ${what} is ${status}, and the script never hears of it`, async () => {
    const before = await asked('red')
    const text = await raw(Buffer.from(head([...lines, 'connection: close']) + body, 'latin1'))
    assert.equal(text.slice(9, 12), String(status), text.slice(0, 300))
    assert.equal(await asked('red'), before + 1)
  })
}

for (const path of [
  '/_score/eastus/red/../tan/score',
  '/_score/eastus/red/%2e%2e/tan/score',
  '/_score/eastus/red//score',
  '/_score/eastus/red/score/',
  '/_score/eastus/red/score%2f',
  '/_score/eastus/red/score;a=b',
  '/_score/eastus/red/Score\\..',
  '/_score/eastus/red/_admin',
]) {
  test(`the path ${path} is none`, async () => {
    const before = await asked('tan')
    const text = await raw(head(['content-length: 0', 'connection: close'], path))
    assert.match(text, /^HTTP\/1\.1 404 /)
    assert.equal(await asked('tan'), before + 1)
  })
}

test('what opens one endpoint opens no other, and no name leads to another’s deployment', async () => {
  const { red, tan } = endpoints
  const crossed = await online.score(tan.id, { key: red.key })
  assert.equal(crossed.status, 401, crossed.text)
  for (const name of ['tan', '../tan', `${tan.id}/deployments/tan`, '%74an', 'red\u00a0']) {
    const answer = await score('red', '1', { 'azureml-model-deployment': name })
    assert.equal(answer.status, 404, name)
  }
})

test('answers of two endpoints and many callers are never taken for one another, though callers break off', async () => {
  const ask = async (at: number) => {
    const name = at % 2 === 0 ? 'red' : 'tan'
    const said = `${name} ${at} ${'x'.repeat((at * 977) % 60_000)}`
    if (at % 5 === 0) {
      const socket = await wire()
      socket.write(`${head([`content-length: ${said.length}`])}${said}`)
      socket.destroy()
      return
    }
    const answer = await score(name, said)
    assert.equal(answer.status, 200, answer.text.slice(0, 200))
    const { by, said: heard } = JSON.parse(answer.text)
    assert.deepEqual([by, heard === said], [name, true])
    assert.equal(answer.headers['azureml-model-deployment'], name)
  }
  for (let batch = 0; batch < 20; batch++) {
    await Promise.all(Array.from({ length: 4 }, (_, at) => ask(batch * 4 + at)))
  }
})

test('the script sees no key, however its header is spelled', async () => {
  const text = await raw(
    head(['AUTHORIZATION: Bearer other', 'Proxy-Authorization: Basic xyz', 'content-length: 0', 'connection: close']),
  )
  assert.match(text, /^HTTP\/1\.1 200 /)
  assert.doesNotMatch(text, /authorization/i)
})

function chunked(bytes: Buffer): string {
  return `${bytes.length.toString(16)}\r\n${bytes.toString('latin1')}\r\n0\r\n\r\n`
}

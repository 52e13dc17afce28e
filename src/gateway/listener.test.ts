import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { connect as tlsConnect } from 'node:tls'
import type { SurfaceHandler } from './surface.ts'
import { collect, exchange, startGateway, waitFor } from './test-gateway.ts'

const GET = 'GET /subscriptions HTTP/1.1\r\nHost: localhost\r\n'
const END = 'Connection: close\r\n\r\n'

test('pipelined requests are answered in order on one connection', async () => {
  const { port } = await startGateway()
  const text = await exchange(port, `${GET}\r\nGET /history/x HTTP/1.1\r\nHost: localhost\r\n\r\n${GET}${END}`)
  const surfaces = [...text.matchAll(/"surface":"(\w+)"/g)].map(([, surface]) => surface)
  assert.deepEqual(surfaces, ['arm', 'regional', 'arm'])
})

test('a head that comes byte by byte is one request', async () => {
  const { port } = await startGateway()
  const socket = connect(port, '127.0.0.1')
  const answer = collect(socket)
  for (const byte of `${GET}${END}`) {
    socket.write(byte)
    await new Promise(setImmediate)
  }
  assert.match(await answer, /^HTTP\/1.1 200 /)
})

test('chunked and sized bodies arrive whole; HEAD has a length and no body', async () => {
  const { port } = await startGateway()
  const chunked = await exchange(
    port,
    'PUT /_blob/a/c/b HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n',
    '5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n',
  )
  assert.match(chunked, /"name":"a","url":"\/c\/b","method":"PUT".*"bytes":11/)
  const sized = await exchange(
    port,
    `POST /subscriptions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n${END}body`,
  )
  assert.match(sized, /"bytes":4/)
  const head = await exchange(port, `HEAD /subscriptions HTTP/1.1\r\nHost: localhost\r\n${END}`)
  assert.match(head, /content-length: \d\d/i)
  assert.ok(head.endsWith('\r\n\r\n'))
})

test('an upload reaches its plane while it is still being sent', async () => {
  const arrived = Promise.withResolvers<void>()
  const reading: SurfaceHandler = async (request, response) => {
    request.once('data', () => arrived.resolve())
    for await (const _ of request);
    response.end('done')
  }
  const { port } = await startGateway({ surfaces: { blob: reading } })
  const socket = connect(port, '127.0.0.1')
  const answer = collect(socket)
  socket.write('PUT /_blob/a/c/b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\nConnection: close\r\n\r\nabc')
  await arrived.promise
  socket.write('def')
  assert.match(await answer, /done/)
})

test('a foreign Host header gets 421, and an own one in any spelling is served', async () => {
  const { port } = await startGateway({ ownNames: ['lazuli.example'] })
  for (const [host, status] of [
    ['evil.example', 421],
    ['evil.example:8484', 421],
    ['localhost.evil.example', 421],
    [`localhost:${port}`, 200],
    ['LOCALHOST', 200],
    ['127.0.0.1', 200],
    ['[::1]:1234', 200],
    ['lazuli.example', 200],
    ['management.azure.com', 200],
    ['Management.Azure.Com:443', 200],
  ] as const) {
    const text = await exchange(port, `GET /subscriptions HTTP/1.1\r\nHost: ${host}\r\n${END}`)
    assert.match(text, new RegExp(`^HTTP/1.1 ${status} `), host)
  }
})

test('URLs follow the origin that was asked', async () => {
  const { port } = await startGateway()
  for (const [host, arm] of [
    ['management.azure.com', 'https://management.azure.com'],
    ['localhost:8484', 'http://localhost:8484'],
    [`127.0.0.1:${port}`, `http://127.0.0.1:${port}`],
  ] as const) {
    const text = await exchange(port, `GET /subscriptions HTTP/1.1\r\nHost: ${host}\r\n${END}`)
    assert.ok(text.includes(`"arm":"${arm}"`), text)
  }
})

test('a plane that is not there answers 501 by its name', async () => {
  const { port } = await startGateway()
  const text = await exchange(port, `GET /secrets HTTP/1.1\r\nHost: kv.vault.azure.net\r\n${END}`)
  assert.match(text, /^HTTP\/1.1 501 [\s\S]*"code":"NotImplemented","message":"Lazuli does not serve 'vault'/)
})

test('a plane that throws is a 500 that says little, and the next request is served', async () => {
  const throwing: SurfaceHandler = async () => {
    throw new Error('a secret detail')
  }
  const { port } = await startGateway({ surfaces: { arm: throwing } })
  const text = await exchange(port, `${GET}${END}`)
  assert.match(text, /^HTTP\/1.1 500 [\s\S]*InternalServerError/)
  assert.ok(!text.includes('a secret detail'))
  assert.match(await exchange(port, `${GET}${END}`), /^HTTP\/1.1 500 /)
})

for (const [what, sent, status] of [
  ['no HTTP', 'hello\r\n\r\n', 400],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['a bad length', 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n', 400],
  [
    'both a length and chunks',
    'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  ['a header of 70 KiB', `${GET}X: ${'a'.repeat(70 * 1024)}\r\n${END}`, 431],
  ['300 headers', `${GET}${'X: a\r\n'.repeat(300)}${END}`, 431],
  [
    'a body of 17 MiB for the resource manager',
    `POST /subscriptions HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${17 << 20}\r\n\r\n`,
    413,
  ],
  ['a target that is none', 'GET subscriptions HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
] as const) {
  test(`${what} gets ${status} and the connection ends`, async () => {
    const { port } = await startGateway()
    assert.match(await exchange(port, sent), new RegExp(`^HTTP/1.1 ${status} `))
  })
}

const hasty = { headersTimeoutMs: 300, bodyWindowMs: 400, bodyLeastBytes: 100 }

test('a head that does not end, and a connection that says nothing, are given up', async () => {
  const { port } = await startGateway({ limits: hasty })
  const slow = connect(port, '127.0.0.1')
  slow.write('GET / HTTP/1.1\r\nHost: local')
  assert.match(await collect(slow), /^HTTP\/1.1 408 /)
  assert.equal(await exchange(port), '')
})

test('a body that stands still is given up; one that moves may take its time', async () => {
  const { port } = await startGateway({ limits: hasty })
  const head = (length: number) =>
    `PUT /_blob/a/c/b HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n`
  assert.match(await exchange(port, head(1000), 'abc'), /^HTTP\/1.1 408 /)
  const socket = connect(port, '127.0.0.1')
  const answer = collect(socket)
  socket.write(head(10 * 500))
  for (let sent = 0; sent < 10; sent++) {
    socket.write('x'.repeat(500))
    await wait(150)
  }
  assert.match(await answer, /^HTTP\/1.1 200 [\s\S]*"bytes":5000/)
})

test('resets and TLS garbage end their own connection only', async () => {
  const { port } = await startGateway()
  for (let round = 0; round < 20; round++) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    await new Promise((resolve) => socket.once('connect', resolve))
    if (round % 2 === 0) socket.write('POST /subscriptions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nx')
    socket.resetAndDestroy()
  }
  await exchange(port, Buffer.from([22, 3, 1, 0, 5, 1, 2, 3, 4, 5, 0, 0])).catch(() => undefined)
  assert.match(await exchange(port, `${GET}${END}`), /^HTTP\/1.1 200 /)
})

test('TLS speaks HTTP/1.1 alone, with a certificate for the host asked; an address gets localhost’s', async () => {
  const { port, ca } = await startGateway()
  for (const host of [
    'management.azure.com',
    'eastus.api.azureml.ms',
    'a.eastus.inference.ml.azure.com',
    'localhost',
  ]) {
    const socket = tlsConnect({ port, host: '127.0.0.1', servername: host, ca, ALPNProtocols: ['h2', 'http/1.1'] })
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
    assert.equal(socket.alpnProtocol, 'http/1.1')
    socket.write(`GET /discovery HTTP/1.1\r\nHost: ${host}\r\n${END}`)
    assert.match(await collect(socket), /^HTTP\/1.1 200 /)
  }
  const byAddress = tlsConnect({ port, host: '127.0.0.1', ca })
  await new Promise((resolve, reject) => byAddress.once('secureConnect', resolve).once('error', reject))
  byAddress.destroy()
  const foreign = tlsConnect({ port, host: '127.0.0.1', servername: 'example.org', ca })
  await assert.rejects(new Promise((resolve, reject) => foreign.once('secureConnect', resolve).once('error', reject)), {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  })
})

test('a stop lets the request in flight finish and takes no new one', async () => {
  const begun = Promise.withResolvers<void>()
  const finish = Promise.withResolvers<void>()
  const slow: SurfaceHandler = async (_, response) => {
    begun.resolve()
    await finish.promise
    response.end('finished')
  }
  const { port, gateway } = await startGateway({ surfaces: { arm: slow } })
  const idle = connect(port, '127.0.0.1')
  const answer = new Promise<string>((resolve, reject) => {
    httpRequest({ port, host: '127.0.0.1', path: '/subscriptions', agent: false }, (response) =>
      response.once('data', (chunk) => resolve(String(chunk))),
    )
      .once('error', reject)
      .end()
  })
  await begun.promise
  const closed = gateway.close(1000)
  await assert.rejects(exchange(port, GET), { code: 'ECONNREFUSED' })
  finish.resolve()
  assert.equal(await answer, 'finished')
  await closed
  idle.destroy()
})

test('the end of a tunnel’s bytes is told apart anew: TLS and plain HTTP inside of CONNECT', async () => {
  const { port, ca } = await startGateway()
  const plain = connect(port, '127.0.0.1')
  plain.write('CONNECT management.azure.com:80 HTTP/1.1\r\nHost: management.azure.com:80\r\n\r\n')
  await waitFor(plain, '200 Connection Established\r\n\r\n')
  const inside = collect(plain)
  plain.write(`GET /subscriptions HTTP/1.1\r\nHost: management.azure.com\r\n${END}`)
  assert.match(await inside, /"surface":"arm"/)

  const tunnel = connect(port, '127.0.0.1')
  tunnel.write('CONNECT here.blob.core.windows.net:443 HTTP/1.1\r\nHost: here.blob.core.windows.net\r\n\r\n')
  await waitFor(tunnel, '200 Connection Established\r\n\r\n')
  const secure = tlsConnect({ socket: tunnel, servername: 'here.blob.core.windows.net', ca })
  secure.write(`GET /c/b HTTP/1.1\r\nHost: here.blob.core.windows.net\r\n${END}`)
  assert.match(await collect(secure), /"surface":"blob","name":"here","url":"\/c\/b"/)
})

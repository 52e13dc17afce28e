import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { createServer as createTlsServer, connect as tlsConnect } from 'node:tls'
import { makeAuthority } from './certificates.ts'
import { collect, exchange, startGateway, waitFor } from './test-gateway.ts'

/** Listens on a free port of this machine, until the end of the tests. */
async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => server.close())
  return (server.address() as AddressInfo).port
}

const echo = () => createServer((socket) => socket.pipe(socket).on('error', () => undefined))
const asked = (target: string) => `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`

/** An upstream proxy that notes what it was asked, and takes CONNECT with these credentials alone. */
async function upstreamProxy(credentials: string) {
  const seen: string[] = []
  const server = createHttpServer()
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    seen.push(request.url ?? '')
    const given = request.headers['proxy-authorization']
    if (given !== `Basic ${Buffer.from(credentials).toString('base64')}`) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n')
      return
    }
    const [host, port] = (request.url ?? '').split(':')
    const far = connect(Number(port), host)
    far.once('connect', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
    far.pipe(socket).pipe(far)
    for (const each of [far, socket]) each.on('error', () => far.destroy())
  })
  return { port: await listening(server), seen }
}

test('what is not Azure’s is tunnelled untouched: the certificate is the far server’s own', async () => {
  const foreign = await makeAuthority(['localhost'], new Date(), 1)
  const far = createTlsServer({ cert: foreign.intermediate.certificate, key: foreign.intermediate.key }, (socket) =>
    socket.pipe(socket),
  )
  const farPort = await listening(far)
  const { port } = await startGateway()
  const tunnel = connect(port, '127.0.0.1')
  tunnel.write(asked(`localhost:${farPort}`))
  await waitFor(tunnel, 'Established\r\n\r\n')
  const secure = tlsConnect({ socket: tunnel, servername: 'localhost', rejectUnauthorized: false })
  await once(secure, 'secureConnect')
  assert.match(String(secure.getPeerCertificate().subject.CN), /^Lazuli intermediate/)
  assert.ok(foreign.intermediate.certificate.includes(secure.getPeerCertificate().raw.toString('base64').slice(0, 60)))
  secure.end('round and back')
  assert.equal(await collect(secure), 'round and back')
})

test('bytes that come with CONNECT itself reach the far side', async () => {
  const farPort = await listening(echo())
  const { port } = await startGateway()
  const socket = connect(port, '127.0.0.1')
  socket.write(`${asked(`127.0.0.1:${farPort}`)}early`)
  assert.match(await waitFor(socket, 'early'), /^HTTP\/1.1 200 [\s\S]*\r\n\r\nearly$/)
  socket.destroy()
})

test('a large stream passes both ways at once', async () => {
  const farPort = await listening(echo())
  const { port } = await startGateway()
  const socket = connect(port, '127.0.0.1')
  socket.write(asked(`127.0.0.1:${farPort}`))
  await waitFor(socket, 'Established\r\n\r\n')
  const size = 32 * 1024 * 1024
  let back = 0
  socket.on('data', (chunk) => (back += chunk.length))
  socket.end(Buffer.alloc(size, 7))
  await once(socket, 'close')
  assert.equal(back, size)
})

test('the upstream proxy is used with its credentials, and passed by for what NO_PROXY names', async () => {
  const farPort = await listening(echo())
  const upstream = await upstreamProxy('me:s3cret:')
  const proxy = `http://me:${encodeURIComponent('s3cret:')}@127.0.0.1:${upstream.port}`
  const through = await startGateway({ outbound: { proxy, timeoutMs: 1000 } })
  const socket = connect(through.port, '127.0.0.1')
  socket.write(`${asked(`127.0.0.1:${farPort}`)}hello`)
  await waitFor(socket, 'hello')
  socket.destroy()
  assert.deepEqual(upstream.seen, [`127.0.0.1:${farPort}`])

  const past = await startGateway({ outbound: { proxy, noProxy: '10.0.0.0/8,127.0.0.0/8', timeoutMs: 1000 } })
  const other = connect(past.port, '127.0.0.1')
  other.write(`${asked(`127.0.0.1:${farPort}`)}hello`)
  await waitFor(other, 'hello')
  other.destroy()
  assert.equal(upstream.seen.length, 1)

  const refused = await startGateway({ outbound: { proxy: `http://127.0.0.1:${upstream.port}`, timeoutMs: 1000 } })
  const text = await exchange(refused.port, asked(`127.0.0.1:${farPort}`))
  assert.match(text, /^HTTP\/1.1 502 [\s\S]*the upstream proxy 127.0.0.1:\d+ answered 407/)
})

test('a far side that does not answer is a 502 within the limit', async () => {
  const silent = await listening(createServer(() => undefined))
  const { port } = await startGateway({ outbound: { proxy: `http://127.0.0.1:${silent}`, timeoutMs: 300 } })
  const began = Date.now()
  assert.match(await exchange(port, asked('example.org:443')), /^HTTP\/1.1 502 [\s\S]*gave no answer in 0.3 s/)
  assert.ok(Date.now() - began < 2000)
})

test('a refused connection, an unknown name and a storage account that is not here are 502 at once', async () => {
  const gone = createServer()
  const port = await listening(gone)
  gone.close()
  const { port: door } = await startGateway()
  assert.match(await exchange(door, asked(`127.0.0.1:${port}`)), /^HTTP\/1.1 502 [\s\S]*ECONNREFUSED/)
  assert.match(await exchange(door, asked('nobody.invalid:443')), /^HTTP\/1.1 502 [\s\S]*BadGateway/)
  assert.match(await exchange(door, asked('elsewhere.blob.core.windows.net:443')), /^HTTP\/1.1 502 /)
})

for (const target of ['management.azure.com', 'a:b:443', 'host:0', 'host:70000', 'user@host:443', '/path']) {
  test(`CONNECT ${target} is refused`, async () => {
    const { port } = await startGateway()
    assert.match(await exchange(port, asked(target)), /^HTTP\/1.1 400 /)
  })
}

test('plain requests for a proxy: Azure’s hosts are served, others forwarded as they are', async () => {
  const far = createHttpServer((request, response) => {
    const { 'x-mine': mine, 'proxy-connection': hop, host } = request.headers
    response.setHeader('x-far', 'yes')
    response.end(JSON.stringify({ url: request.url, method: request.method, mine, hop, host }))
  })
  const farPort = await listening(far)
  const { port } = await startGateway()
  const own = 'Host: x\r\nX-Mine: 1\r\nProxy-Connection: keep-alive\r\nConnection: close\r\n\r\n'
  const text = await exchange(port, `GET http://127.0.0.1:${farPort}/a?b=c HTTP/1.1\r\n${own}`)
  assert.match(text, /^HTTP\/1.1 200 OK\r\nx-far: yes/)
  const { hop, ...rest } = JSON.parse(text.split('\r\n').findLast((line) => line.startsWith('{')) ?? '')
  assert.deepEqual(rest, { url: '/a?b=c', method: 'GET', mine: '1', host: `127.0.0.1:${farPort}` })
  assert.equal(hop, undefined)
  const self = await exchange(port, `GET http://127.0.0.1:${port}/subscriptions HTTP/1.1\r\n${own}`)
  assert.match(self, /"surface":"arm"/)
  const other = await exchange(port, `GET http://ip6-localhost.invalid/ HTTP/1.1\r\n${own}`)
  assert.match(other, /^HTTP\/1.1 502 /)
  const azure = await exchange(port, `GET http://management.azure.com/subscriptions?x=1 HTTP/1.1\r\n${own}`)
  assert.match(azure, /"surface":"arm","name":"","url":"\/subscriptions\?x=1"/)
  const https = await exchange(port, `GET https://example.org/ HTTP/1.1\r\n${own}`)
  assert.match(https, /^HTTP\/1.1 502 [\s\S]*https goes through CONNECT/)
})

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { lazuli, startServer, type TestServer, until } from './support/server.ts'

let server: TestServer
const folder = mkdtempSync(join(tmpdir(), 'lazuli-cli-'))
before(async () => {
  server = await startServer()
})
after(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

type Env = Readonly<Record<string, string>>
const bare: Env = { PATH: process.env.PATH ?? '', HOME: folder }

function cli(words: readonly string[], env: Env = bare, input = '') {
  return spawnSync(lazuli, [...words], { encoding: 'utf8', env, timeout: 60_000, input })
}

const at = () => ['--data', server.data]
const shells = ['sh', 'bash', 'zsh', 'dash'].filter((shell) => spawnSync(shell, ['-c', 'exit 0']).status === 0)

/** Every variable that the clients and the flows read. */
const variables = `HTTPS_PROXY https_proxy NO_PROXY no_proxy REQUESTS_CA_BUNDLE SSL_CERT_FILE CURL_CA_BUNDLE
  NODE_EXTRA_CA_CERTS AZURE_TENANT_ID AZURE_CLIENT_ID AZURE_CLIENT_SECRET AZURE_SUBSCRIPTION_ID AZURE_CONFIG_DIR
  LAZULI_TENANT LAZULI_CLIENT_ID LAZULI_CLIENT_SECRET SUBSCRIPTION_ID DIRECT RESOURCE_GROUP WORKSPACE LOCATION
  COMPUTE`.split(/\s+/)

const show = (names: readonly string[]) => names.map((name) => `echo "${name}=\${${name}-<unset>}"`).join('\n')

function inShell(shell: string, script: string, env: Env): Readonly<Record<string, string>> {
  const { stdout, stderr, status } = spawnSync(shell, ['-euc', script], { encoding: 'utf8', env })
  assert.equal(status, 0, stderr)
  const lines = stdout.trim().split('\n')
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
}

for (const shell of shells) {
  test(`${shell}: eval of env sets everything, twice as well, and --undo brings back what was there`, () => {
    const odd = `it's "odd" $HOME \`x\` \\ ; & * ?`
    writeFileSync(join(folder, 'user.pem'), '')
    const before: Env = {
      ...bare,
      HTTPS_PROXY: `http://user:${encodeURIComponent(odd)}@proxy.example:3128`,
      NO_PROXY: 'corp.example,.azure.com,*',
      REQUESTS_CA_BUNDLE: join(folder, 'user.pem'),
      AZURE_CLIENT_SECRET: odd,
      WORKSPACE: 'mine',
    }
    const evaluate = `eval "$('${lazuli}' env --data '${server.data}')"`
    const set = inShell(shell, `${evaluate}\n${evaluate}\n${show(variables)}`, before)
    for (const name of variables) assert.notEqual(set[name], '<unset>', name)
    const { facts } = server
    assert.equal(set.HTTPS_PROXY, facts.httpUrl)
    assert.equal(set.https_proxy, facts.httpUrl)
    assert.equal(set.NO_PROXY, 'corp.example,localhost,127.0.0.1', 'no exception may lead past us')
    assert.equal(set.DIRECT, facts.httpsUrl)
    assert.equal(set.AZURE_CLIENT_SECRET, readFileSync(join(server.data, 'client-secret'), 'utf8').trim())
    assert.deepEqual(
      [set.RESOURCE_GROUP, set.WORKSPACE, set.LOCATION, set.COMPUTE],
      ['lazuli', 'mine', 'eastus', 'cpu-cluster'],
    )
    assert.equal(statSync(set.AZURE_CONFIG_DIR ?? '').mode & 0o777, 0o700)

    const undo = `eval "$('${lazuli}' env --undo)"`
    const names = [...variables, 'LAZULI_SAVED']
    const undone = inShell(shell, `${evaluate}\n${evaluate}\n${undo}\n${undo}\n${show(names)}`, before)
    for (const name of names) assert.equal(undone[name], before[name] ?? '<unset>', name)
  })
}

test('--undo leaves alone what was changed since, and says nothing where nothing was set', () => {
  const evaluate = `eval "$('${lazuli}' env --data '${server.data}')"`
  const undo = `eval "$('${lazuli}' env --undo)"`
  const undone = inShell('sh', `${evaluate}\nWORKSPACE=other\n${undo}\n${show(['WORKSPACE', 'COMPUTE'])}`, bare)
  assert.deepEqual(undone, { WORKSPACE: 'other', COMPUTE: '<unset>' })
  assert.equal(cli(['env', '--undo']).stdout, '')
})

test('run passes the environment, the input, the exit code and signals on', async () => {
  const told = cli(['run', ...at(), '--', 'sh', '-c', 'cat; echo "$DIRECT $1"', 'sh', 'an argument'], bare, 'input ')
  assert.equal(told.stdout, `input ${server.facts.httpsUrl} an argument\n`)
  assert.equal(cli(['run', ...at(), '--', 'sh', '-c', 'exit 42']).status, 42)
  assert.equal(cli(['run', ...at(), '--', 'sh', '-c', 'kill -9 $$']).status, 137)
  assert.equal(cli(['run', ...at(), '--', 'no-such-command']).status, 127)
  const flagged = cli(['run', ...at(), '--', 'echo', '--help', '--data'])
  assert.equal(flagged.stdout, '--help --data\n')

  const child = spawn(
    lazuli,
    ['run', ...at(), '--', 'sh', '-c', 'trap "exit 7" TERM; echo ready; while :; do sleep 0.05; done'],
    {
      env: bare,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  await new Promise((resolve) => child.stdout.once('data', resolve))
  child.kill('SIGTERM')
  assert.equal(await new Promise((resolve) => child.once('exit', resolve)), 7)
})

test('run and status start no server and say how one is started', () => {
  for (const words of [['run', '--', 'true'], ['status'], ['env'], ['principal', 'add', 'x']]) {
    const { status, stdout, stderr } = cli(words)
    assert.deepEqual([status, stdout], [1, ''], words.join(' '))
    assert.match(stderr, /No server runs on .*\.local\/share\/lazuli\. Start one with: .*lazuli up --detach/)
  }
  assert.ok(!existsSync(join(folder, '.local')))
})

test('status tells where the server is, as text and as JSON', () => {
  const { stdout } = cli(['status', '--json', ...at()])
  const status = JSON.parse(stdout)
  const { facts } = server
  assert.deepEqual(
    [status.pid, status.port, status.httpUrl, status.httpsUrl, status.mlflowUrl, status.dataDir, status.version],
    [facts.pid, facts.port, facts.httpUrl, facts.httpsUrl, facts.mlflowUrl, server.data, facts.version],
  )
  assert.ok(status.isolation)
  assert.match(cli(['status', ...at()]).stdout, new RegExp(`httpsUrl: +${facts.httpsUrl}`))
  const byVariable = cli(['status'], { ...bare, LAZULI_DATA: server.data, LAZULI_JSON: '1' })
  assert.equal(JSON.parse(byVariable.stdout).pid, facts.pid)
})

test('principal add prints ids and a secret that gets a token and no rights', async () => {
  const made = JSON.parse(cli(['principal', 'add', 'a team', '--json', ...at()]).stdout)
  assert.equal(made.tenantId, server.facts.tenantId)
  const token = await server.token({ clientId: made.appId, secret: made.secret })
  const group = `/subscriptions/${server.facts.subscriptionId}/resourceGroups/lazuli?api-version=2021-04-01`
  const refused = await server.ask(group, { token })
  assert.deepEqual([refused.status, refused.json.error.code], [403, 'AuthorizationFailed'])
})

test('user add prints a password that has to be changed, and a name is given once', async () => {
  const made = JSON.parse(cli(['user', 'add', 'grace', '--display-name', 'Grace Hopper', '--json', ...at()]).stdout)
  assert.deepEqual([made.userPrincipalName, made.displayName], ['grace@lazuli.onmicrosoft.com', 'Grace Hopper'])
  const form = new URLSearchParams({
    grant_type: 'password',
    client_id: '04b07795-8ddb-461a-bbee-02f9e1bf7b46',
    username: made.userPrincipalName,
    password: made.password,
    scope: 'https://management.azure.com/.default',
  })
  const answer = await server.ask(`/${server.facts.tenantId}/oauth2/v2.0/token`, {
    method: 'POST',
    token: null,
    body: form.toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  assert.deepEqual(answer.json.error_codes, [50055])
  const again = cli(['user', 'add', 'GRACE', ...at()])
  assert.deepEqual([again.status, /userPrincipalName already exists/.test(again.stderr)], [1, true])
  const stranger = await server.ask('/lazuli/users', { method: 'POST', token: null, body: { name: 'x' } })
  assert.equal(stranger.status, 401)
})

test('rotate-signing-key signs with a new key; what the old one signed is taken still', async () => {
  const token = await server.token()
  const { stdout, status } = cli(['rotate-signing-key', ...at()])
  assert.equal(status, 0)
  const [, kid] = /^signing with (\S+)$/m.exec(stdout) ?? []
  const keys = await server.ask(`/${server.facts.tenantId}/discovery/v2.0/keys`, { token: null })
  assert.ok(keys.json.keys.some((key: { kid: string }) => key.kid === kid))
  assert.equal((await server.ask('/subscriptions?api-version=2022-12-01', { token })).status, 200)
})

test('logs prints the log and follows it', async () => {
  const child = spawn(lazuli, ['logs', '--follow', ...at()], { env: bare, stdio: ['ignore', 'pipe', 'ignore'] })
  let seen = ''
  child.stdout.on('data', (chunk) => (seen += chunk))
  const marker = `marker-${process.pid}`
  writeFileSync(join(server.data, 'logs', 'server.log'), `${JSON.stringify({ msg: marker })}\n`, { flag: 'a' })
  await until('the line', async () => seen.includes(marker), 10_000)
  child.kill()
  assert.ok(cli(['logs', ...at()]).stdout.includes(marker))
  assert.equal(cli(['logs']).status, 1)
})

test('what is mistyped is said on one line, with exit code 2', () => {
  for (const [words, message] of [
    [['frobnicate'], /no command 'frobnicate'/],
    [['up', '--prot', '1'], /no flag '--prot'/],
    [['up', '--port'], /--port needs a value: --port N/],
    [['status', 'now'], /'now' is one word too many/],
    [['status', '--json=1'], /--json takes no value/],
    [['run'], /missing/],
    [['principal'], /'principal' alone is no command. Usage: lazuli principal add/],
    [['principal', 'add'], /missing/],
    [['help', 'nothing'], /no command 'nothing'/],
  ] as const) {
    const { status, stderr, stdout } = cli(words)
    assert.deepEqual([status, stdout], [2, ''], words.join(' '))
    assert.match(stderr, message)
  }
  for (const words of [
    ['--port', '99999'],
    ['--port', 'x'],
    ['--log-level', 'loud'],
    ['--keep-free', 'much'],
    ['--upstream-proxy', 'ftp://x'],
  ]) {
    const { status, stderr } = cli(['up', ...words])
    assert.equal(status, 1, words.join(' '))
    assert.match(stderr, /^lazuli: .+\n$/)
  }
  assert.equal(cli(['status'], { ...bare, LAZULI_JSON: 'maybe' }).status, 1)
})

test('help lists every command, and every flag with its variable', () => {
  const { stdout, status } = cli(['--help'])
  assert.equal(status, 0)
  for (const name of ['up', 'down', 'status', 'env', 'run', 'logs', 'reset', 'version', 'principal add']) {
    assert.match(stdout, new RegExp(`^  ${name} `, 'm'))
    const help = cli([...name.split(' '), '--help'])
    assert.equal(help.status, 0)
    assert.match(help.stdout, new RegExp(`^Usage: lazuli ${name}`))
    assert.match(help.stdout, /--data DIR .*\[LAZULI_DATA\]/)
  }
  assert.match(
    cli(['help', 'up']).stdout,
    /--port N .*\[LAZULI_PORT\][\s\S]*--allow-substitute .*\[LAZULI_ALLOW_SUBSTITUTE\]/,
  )
})

test('version is that of the package', () => {
  const facts = JSON.parse(readFileSync(join(lazuli, '..', '..', 'package.json'), 'utf8'))
  for (const word of ['version', '--version']) assert.equal(cli([word]).stdout.trim(), facts.version)
})

test('up --detach, down, reset: the default directory follows XDG, and reset removes nothing that is not ours', async () => {
  const env = { ...bare, XDG_DATA_HOME: join(folder, 'xdg') }
  const data = join(folder, 'xdg', 'lazuli')
  const up = cli(['up', '--detach', '--port', '0'], env)
  assert.equal(up.status, 0, up.stderr)
  assert.match(
    up.stdout,
    /listens on http:\/\/127\.0\.0\.1:\d+ and https:\/\/localhost:\d+[\s\S]*eval "\$\(.*lazuli env\)"/,
  )
  assert.equal(statSync(data).mode & 0o777, 0o700)
  const port = JSON.parse(cli(['status', '--json'], env).stdout).port
  const again = cli(['up', '--detach', '--port', '0'], env)
  assert.equal(again.status, 1)
  assert.match(again.stderr, /A server runs on .* already/)
  assert.equal(cli(['reset', '--yes'], env).status, 1, 'refused while one runs')

  // Even without its facts the directory is held.
  const facts = readFileSync(join(data, 'server.json'))
  rmSync(join(data, 'server.json'))
  const held = cli(['up', '--detach', '--port', '0'], env)
  assert.equal(held.status, 1)
  assert.match(held.stderr, /in use[\s\S]*Two servers cannot share it/)
  writeFileSync(join(data, 'server.json'), facts)

  const down = cli(['down'], env)
  assert.equal(down.status, 0, down.stderr)
  assert.match(down.stdout, /Stopped/)
  assert.match(cli(['down'], env).stdout, /No server runs/)
  assert.ok(!existsSync(join(data, 'server.json')))
  cli(['up', '--detach', '--port', '0'], env)
  assert.equal(JSON.parse(cli(['status', '--json'], env).stdout).port, port, 'a restart keeps its port')
  assert.equal(cli(['down'], env).status, 0)

  assert.equal(cli(['reset'], env).status, 1, 'no terminal to ask on')
  assert.ok(existsSync(join(data, 'lazuli.db')))
  assert.equal(cli(['reset', '--yes'], env).status, 0)
  assert.ok(!existsSync(join(data, 'lazuli.db')))

  const other = join(folder, 'documents')
  mkdirSync(other)
  writeFileSync(join(other, 'thesis.txt'), 'years of work')
  assert.equal(cli(['reset', '--yes', '--data', other]).status, 1)
  for (const detach of [[], ['--detach']]) {
    const mode = statSync(other).mode
    const refused = cli(['up', ...detach, '--port', '0', '--data', other])
    assert.equal(refused.status, 1, 'else the next reset would take the files')
    assert.match(refused.stderr, /holds files that are not Lazuli's/)
    assert.equal(statSync(other).mode, mode)
  }
  assert.deepEqual(readdirSync(other), ['thesis.txt'])
})

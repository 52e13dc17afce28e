import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { EnvironmentBuildFailed, type Environments, pythonEnvironments } from './environments.ts'
import { layEnvironment } from './layer.ts'
import { userPackageIndex } from './package-index.ts'

const run = promisify(execFile)

describe('environments', () => {
  let directory: string
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lazuli-env-'))
  })
  after(async () => {
    for (const each of opened) await each.stop()
    await rm(directory, { recursive: true, force: true })
  })

  const opened: Environments[] = []
  const open = (allowSubstitute = false) => {
    const environments = pythonEnvironments({
      directory: join(directory, 'environments'),
      tools: join(directory, 'tools'),
      allowSubstitute,
      index: userPackageIndex(process.env),
      confine: ({ command }) => command,
    })
    opened.push(environments)
    return environments
  }
  const conda = (...pip: string[]) => ({
    id: 'e',
    condaFile: JSON.stringify({ dependencies: ['pip', { pip }] }),
    variables: {},
  })

  test('is built once however many ask at once, and all of them see the build', async () => {
    const environments = open()
    const logs = ['', '']
    const both = await Promise.all(
      logs.map((_log, index) =>
        environments.ensure(conda('six==1.16.0'), (text) => {
          logs[index] += text
        }),
      ),
    )
    assert.equal(both[0]?.directory, both[1]?.directory)
    for (const log of logs) assert.match(log, /six==1\.16\.0[\s\S]*environment ready in/)
    const python = join(both[0]?.directory ?? '', 'bin', 'python')
    assert.equal((await run(python, ['-c', 'import six; print(six.__version__)'])).stdout, '1.16.0\n')
  })

  test('is found again by another server, without a word in the log', async () => {
    const again = await open().ensure(conda('six==1.16.0'), (text) => assert.fail(text))
    assert.ok((await stat(again.sitePackages)).isDirectory())
  })

  test('what a crash left half-built is removed and built anew', async () => {
    const built = await open().ensure(conda('six==1.16.0'), () => undefined)
    const folder = join(built.directory, '..')
    await rm(join(folder, 'current.json'))
    await mkdir(join(folder, 'half-built'))
    const again = await open().ensure(conda('six==1.16.0'), () => undefined)
    assert.notEqual(again.directory, built.directory)
    assert.ok(!(await readdir(folder)).includes('half-built'))
  })

  test('whose files have gone with their interpreter is built anew', async () => {
    const environments = open()
    const built = await environments.ensure(conda('six==1.16.0'), () => undefined)
    // At once: it may still be compiled, and what is removed file by file gets new ones meanwhile.
    await rename(built.sitePackages, join(directory, 'gone'))
    const again = await environments.ensure(conda('six==1.16.0'), () => undefined)
    assert.notEqual(again.directory, built.directory)
    assert.ok((await stat(again.sitePackages)).isDirectory())
  })

  test('is compiled beside the jobs that use it', async () => {
    const built = await open().ensure(conda('six==1.16.0'), () => undefined)
    const limit = Date.now() + 60_000
    while (!(await readdir(built.directory)).includes('.compiled')) {
      assert.ok(Date.now() < limit)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    assert.match((await readdir(join(built.sitePackages, '__pycache__'))).join(), /six\.cpython-\d+\.pyc/)
  })

  test('a package that does not exist fails with what the installer said, and again when asked again', async () => {
    const environments = open()
    for (let times = 0; times < 2; times += 1)
      await assert.rejects(
        environments.ensure(conda('lazuli-no-such-package-of-anybody==9.9'), () => undefined),
        (error) => error instanceof EnvironmentBuildFailed && /lazuli-no-such-package-of-anybody/.test(error.message),
      )
  })

  test('a missing interpreter is substituted only where that is allowed, and said', async () => {
    const spec = { id: 'e', image: 'python:3.99', variables: {} }
    await assert.rejects(
      open().ensure(spec, () => undefined),
      /python=3\.99 is not on this machine \(found: .*3\./,
    )
    const built = await open(true).ensure(spec, () => undefined)
    assert.match(built.notes.join('\n'), /SUBSTITUTED: python=3\.99 is not on this machine/)
  })

  test('a layer installs for itself, wins over the shared environment, and runs its scripts with its own Python', async () => {
    const built = await open().ensure(conda('six==1.16.0'), () => undefined)
    const folder = join(directory, 'a layer')
    await layEnvironment(built, folder, folder)
    const python = join(folder, 'bin', 'python')
    const where = async () => (await run(python, ['-c', 'import six; print(six.__file__)'])).stdout.trim()
    assert.equal(await where(), join(built.sitePackages, 'six.py'))
    await writeFile(
      join(
        folder,
        'lib',
        `python${built.interpreter.version.split('.').slice(0, 2).join('.')}`,
        'site-packages',
        'six.py',
      ),
      '',
    )
    assert.ok((await where()).startsWith(folder))
    const { stdout } = await run(join(folder, 'bin', 'pip'), ['show', '-f', 'pip'])
    assert.match(stdout, /Name: pip/)
  })
})

describe('the user’s package index', () => {
  test('pip’s settings become uv’s', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lazuli-pip-'))
    const file = join(folder, 'pip.conf')
    await writeFile(
      file,
      '[global]\nindex-url = https://a.example/simple\ntrusted-host =\n  a.example\n  b.example\n[freeze]\ntimeout = 1\n',
    )
    const index = userPackageIndex({
      PIP_CONFIG_FILE: file,
      PIP_EXTRA_INDEX_URL: 'https://b.example/simple',
      PIP_FIND_LINKS: `${folder} /not/there`,
      UV_HTTP_TIMEOUT: '9',
    })
    assert.equal(index.uv.UV_DEFAULT_INDEX, 'https://a.example/simple')
    assert.equal(index.uv.UV_INDEX, 'https://b.example/simple')
    assert.equal(index.uv.UV_FIND_LINKS, `${folder},/not/there`)
    assert.equal(index.uv.UV_INSECURE_HOST, 'a.example b.example')
    assert.equal(index.uv.UV_HTTP_TIMEOUT, '9')
    assert.equal(index.pip.PIP_INDEX_URL, 'https://a.example/simple')
    assert.ok(index.files.includes(folder) && !index.files.includes('/not/there'))
    await rm(folder, { recursive: true })
  })
})

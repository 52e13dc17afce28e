import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { at, type Bench, ended, job, openBench, pool, reaches } from './test-engine.ts'

describe('a job in an environment of a Dockerfile', () => {
  let bench: Bench
  before(async () => {
    bench = await openBench()
  })
  after(() => bench.close())

  /** Stores a build context and answers the environment that names it. */
  const contextOf = async (name: string, files: Readonly<Record<string, string>>) => {
    for (const [path, text] of Object.entries(files)) await bench.blobs.write(at(`${name}/${path}`), text)
    return { id: name, variables: {}, buildContext: at(name), dockerfilePath: 'Dockerfile' }
  }

  test('has what is installed, sees what is copied where it was copied, and the variables', async () => {
    const environment = await contextOf('context', {
      Dockerfile: `FROM python:3.10
COPY requirements.txt .
RUN pip install -r requirements.txt && rm requirements.txt
WORKDIR /usr/src/app
COPY . .
RUN pip install --no-deps --no-build-isolation ./own
COPY note.txt /opt/note.txt
COPY note.txt /tmp/note.txt
ENV GREETING="good day" PATH=/usr/src/app/own:$PATH
`,
      '.dockerignore': 'secret.txt',
      'requirements.txt': 'six==1.16.0\nwheel\nsetuptools<81\n',
      'own/setup.py':
        "from setuptools import setup\nsetup(name='own-thing', version='1.2', py_modules=['own_thing'])\n",
      'own/own_thing.py': "said = 'from the copied package'\n",
      'note.txt': 'a note',
      'secret.txt': 'no',
    })
    const engine = await bench.engine()
    await engine.applyPool(pool())
    const command = [
      `python -c 'import six, own_thing; print(six.__version__, own_thing.said)'`,
      'cat /usr/src/app/note.txt /opt/note.txt /tmp/note.txt && echo',
      'ls /usr/src/app /requirements.txt; echo "$GREETING"; echo $PATH; ls /opt | wc -l; ls -d /usr/share',
      'echo x > /usr/src/app/note.txt',
      'true',
    ].join('\n')
    const id = '/w/ws/docker'
    await engine.submit(job('docker', command, { id, environment }))
    const seen = await reaches(engine, id, ...ended)
    const log = await bench.textAt('ExperimentRun/dcid.docker/user_logs/std_log.txt')
    assert.equal(seen.status, 'Completed', `${JSON.stringify(seen)}\n${log}`)
    assert.match(log, /^1\.16\.0 from the copied package\na notea notea note\n/)
    assert.match(log, /good day\n/)
    assert.match(log, /:\/usr\/src\/app\/own:\/usr\/local\/sbin/)
    assert.match(log, /\/usr\/share\n/)
    assert.match(log, /Read-only file system/)
    assert.doesNotMatch(log, /secret\.txt\n/)
    assert.match(log, /'?\/requirements\.txt'?: No such file/)
    await engine.stop()
  })

  test('fails with the line that can’t be followed', async () => {
    const environment = await contextOf('refused', { Dockerfile: 'FROM python:3.10\n\nRUN make install\n' })
    const engine = await bench.engine()
    await engine.applyPool(pool())
    await engine.submit(job('refused', 'true', { environment }))
    const { status, error } = await reaches(engine, '/w/ws/refused', ...ended)
    assert.equal(status, 'Failed')
    assert.equal(error?.code, 'ImageBuildFailure')
    assert.match(error?.message ?? '', /Dockerfile, line 3: RUN 'make' is not interpreted/)
    await engine.stop()
  })

  test('fails where its context is not stored', async () => {
    const engine = await bench.engine()
    await engine.applyPool(pool())
    const environment = { id: 'gone', variables: {}, buildContext: at('gone'), dockerfilePath: 'Dockerfile' }
    await engine.submit(job('gone', 'true', { environment }))
    const { error } = await reaches(engine, '/w/ws/gone', ...ended)
    assert.match(error?.message ?? '', /build context of the environment is not stored/)
    await engine.stop()
  })
})

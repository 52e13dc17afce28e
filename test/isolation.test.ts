import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { ComputeEngine } from '../src/compute/engine.ts'
import { jobFolder } from '../src/compute/local/job-files.ts'
import { findSandbox } from '../src/compute/local/sandbox.ts'
import { type Bench, ended, job, openBench, pool, reaches } from '../src/compute/local/test-engine.ts'

/**
 * What a hostile job tries. These tests fail, and never skip, where bubblewrap is absent: a green run means that jobs
 * really were kept apart.
 */
describe('isolation', () => {
  let bench: Bench
  let engine: ComputeEngine
  let neighbour: string
  before(async () => {
    assert.equal(findSandbox().kind, 'bubblewrap', `bubblewrap is needed: ${findSandbox().description}`)
    bench = await openBench()
    engine = await bench.engine()
    assert.match(engine.isolation, /^bubblewrap: /)
    await engine.applyPool(pool())
    await writeFile(join(bench.directory, 'client-secret'), 'bootstrap-secret', { mode: 0o644 })
    const other = job('neighbour', 'echo neighbour-secret > here.txt; sleep 300', {
      variables: { TOKEN: 'neighbour-token' },
    })
    await engine.submit(other)
    await reaches(engine, other.id, 'Running')
    neighbour = jobFolder(join(bench.directory, 'jobs'), other.id).root
    assert.ok((await readdir(neighbour)).includes('work'))
  })
  after(async () => {
    await engine?.cancel('/w/ws/neighbour')
    if (engine) await reaches(engine, '/w/ws/neighbour', ...ended)
    await bench?.close()
  })

  let count = 0
  /** Runs a script as a job and returns its output and how it ended. */
  async function attempt(script: string, variables: Record<string, string> = {}) {
    count += 1
    const spec = job(`attempt${count}`, script, { variables })
    await engine.submit(spec)
    const { status } = await reaches(engine, spec.id, ...ended)
    return { status, text: await bench.textAt(`ExperimentRun/dcid.${spec.run}/user_logs/std_log.txt`) }
  }

  test('the data directory and the server’s secrets are not there', async () => {
    const { status, text } = await attempt(
      `ls -a ${bench.directory}; cat ${bench.directory}/client-secret; cat ${bench.directory}/*.key; ls ${bench.directory}/jobs; exit 0`,
    )
    assert.equal(status, 'Completed', text)
    assert.doesNotMatch(text, /bootstrap-secret|client-secret$|\.db|sealing/m)
    assert.match(text, /No such file or directory/)
  })

  test('another job’s folder, processes and variables are not there', async () => {
    const { text } = await attempt(
      `cat ${neighbour}/work/exe/wd/here.txt; ls /mnt/azureml/cr/j; cat /mnt/azureml/cr/j/*/exe/wd/here.txt; ` +
        'cat /proc/[0-9]*/environ | tr "\\0" "\\n" | grep TOKEN; ls -d /proc/[0-9]* | wc -l',
    )
    assert.doesNotMatch(text, /neighbour-secret|neighbour-token/)
    assert.ok(Number(text.trim().split('\n').at(-1)) < 15, text)
  })

  test('its own control files are out of reach: it can’t forge its exit code', async () => {
    const own = jobFolder(join(bench.directory, 'jobs'), `/w/ws/attempt${count + 1}`)
    const { text } = await attempt(
      `find / -xdev \\( -name exit.json -o -name launch.json -o -name spec.json \\) 2>/dev/null; ls ${own.run} 2>&1; ls ..`,
    )
    assert.doesNotMatch(text, /(exit|launch|spec)\.json$/m)
  })

  test('homes and the rest of the machine are hidden; the system can’t be written', async () => {
    const folder = await mkdtemp(join(homedir(), '.lazuli-isolation-'))
    try {
      await writeFile(join(folder, 'note'), 'home-secret')
      const { text } = await attempt(
        `cat ${folder}/note; ls -a ~root /root /home 2>&1; cat /etc/shadow 2>&1; ls /srv /var/lib 2>&1; ` +
          'for f in /usr/x /etc/x /x /opt/x /sys/x; do touch $f 2>/dev/null && echo "WROTE $f"; done; ' +
          'mount -t tmpfs none /usr 2>&1; kill -0 1 && true; exit 0',
      )
      assert.doesNotMatch(text, /home-secret|root:[$*!]|WROTE/)
      assert.match(text, /\/etc\/shadow: No such file/)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  test('a name space of its own gives the job nothing back', async () => {
    const { text } = await attempt(
      `unshare -Urm sh -c 'umount -l /tmp; umount -l /root; umount -l /proc; mount -o remount,rw,bind /usr; touch /usr/x && echo WROTE; cat ${bench.directory}/client-secret' 2>&1; exit 0`,
    )
    assert.doesNotMatch(text, /bootstrap-secret|WROTE/)
  })

  test('the shared environment can’t be changed, even on purpose', async () => {
    const { text } = await attempt(
      'for d in $(python -c "import sys; print(*sys.path, sep=\'\\n\')" | grep environments); do touch $d/evil.py && echo "WROTE $d"; rm -rf $d/pip && echo "REMOVED $d"; done; pip --version',
    )
    assert.doesNotMatch(text, /WROTE|REMOVED/)
    assert.match(text, /^pip \d/m)
  })

  test('a path that a job names in a variable is not bound for it', async () => {
    const secret = join(bench.directory, 'client-secret')
    const { text } = await attempt('echo tried; cat "$REQUESTS_CA_BUNDLE" "$SSL_CERT_FILE"', {
      REQUESTS_CA_BUNDLE: secret,
      SSL_CERT_FILE: secret,
    })
    assert.match(text, /^tried\ncat: .*No such file/)
    assert.doesNotMatch(text, /bootstrap-secret/)
  })

  test('what the job needs is there: its folders, names, certificates, loopback', async () => {
    await mkdir(join(bench.directory, 'x'), { recursive: true })
    const { status, text } = await attempt(
      'set -e; touch here $HOME/x /tmp/x /dev/shm/x; getent hosts localhost >/dev/null; ls /etc/ssl/certs >/dev/null; ' +
        "python -c \"import socket, ssl, ctypes, sqlite3; s = socket.create_server(('127.0.0.1', 0)); print('listening')\"; id -un; hostname",
    )
    assert.equal(status, 'Completed', text)
    assert.match(text, /listening\n\w+\nlazuli-node\n/)
  })
})

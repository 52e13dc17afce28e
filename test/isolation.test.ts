import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { ComputeEngine } from '../src/compute/engine.ts'
import { jobFolder } from '../src/compute/local/job-files.ts'
import { at, type Bench, ended, job, openBench, pool, reaches } from '../src/compute/local/test-engine.ts'
import { memoryLimiter } from '../src/host/limits.ts'
import { findSandbox } from '../src/host/sandbox.ts'
import { until } from './support/server.ts'

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

  /** The command lines of this machine's processes. */
  async function commandLines(): Promise<string[]> {
    const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))
    return await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  }
  /** How many processes still stand in a job's folder. */
  const leftovers = async (run: string): Promise<number> => {
    const own = jobFolder(join(bench.directory, 'jobs'), `/w/ws/${run}`)
    return (await commandLines()).filter((line) => line.includes(own.root)).length
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

  test('the server and its runner can be neither read nor signalled', async () => {
    const { text } = await attempt(
      `for p in ${process.pid} ${process.ppid}; do kill -9 $p 2>&1; cat /proc/$p/mem >/dev/null 2>&1 && echo "READ $p"; tr "\\0" " " </proc/$p/cmdline 2>/dev/null; done; ls -l /proc/1/root/ /proc/*/root/root 2>/dev/null | grep -i secret; echo over`,
    )
    assert.match(text, /over$/m)
    assert.doesNotMatch(text, /READ|isolation\.test|secret/)
  })

  test('no other process can be traced, and no kernel memory read', async () => {
    const { text } = await attempt(
      "python -c \"import ctypes; l = ctypes.CDLL(None, use_errno=True); print('attached', l.ptrace(16, " +
        `${process.pid}, 0, 0))"; ` +
        'for f in /dev/mem /dev/kmem /dev/sda /dev/vda /proc/kcore /dev/kmsg; do head -c 1 $f >/dev/null 2>&1 && echo "READ $f"; done; mknod /tmp/disk b 8 0 2>/dev/null && echo MADE; exit 0',
    )
    assert.doesNotMatch(text, /READ|MADE|attached 0/)
  })

  test('a name that another program could run as somebody else gives no rights', async () => {
    const { text } = await attempt(
      'cp /bin/bash /tmp/bash; chmod u+s /tmp/bash; /tmp/bash -p -c "cat /etc/shadow; id -u" 2>&1; su -c id 2>&1; sudo -n id 2>&1; chroot / id 2>&1; exit 0',
    )
    assert.doesNotMatch(text, /root:[$*!]|uid=0.*groups=0.*\n.*uid=0/)
  })

  test('links in outputs carry nothing out of the job: neither soft, hard, nor through folders', async () => {
    const secret = join(bench.directory, 'client-secret')
    const { status } = await attempt(
      `cd outputs; ln -s ${secret} soft; ln -s ${bench.directory} folder; ln -s /etc/passwd passwd; ln ${secret} hard 2>/dev/null; ln -s ../../../../.. up; mkfifo pipe; echo kept > kept; exit 0`,
    )
    assert.ok(['Completed', 'Failed'].includes(status))
    const run = `ExperimentRun/dcid.attempt${count}/outputs`
    for (const name of ['soft', 'folder/client-secret', 'passwd', 'hard', 'up/client-secret']) {
      assert.equal(await bench.blobs.info(at(`${run}/${name}`)), undefined, name)
    }
    assert.equal(await bench.textAt(`${run}/kept`), 'kept\n')
  })

  test('a log that is made a link is not followed', async () => {
    const { text } = await attempt(
      `ls -la /mnt/azureml/cr/j/*/ 2>&1 | head -20; for d in /mnt/azureml/cr/j/*; do ln -sf ${join(bench.directory, 'client-secret')} $d/../run/std_log.txt 2>/dev/null; rm -rf $d/run 2>/dev/null; done; echo said`,
    )
    assert.match(text, /said$/m)
    assert.doesNotMatch(text, /bootstrap-secret/)
  })

  test('names of outputs that climb are names, and stay where the job is', async () => {
    await attempt('cd outputs; mkdir -p "a/..b" "c"; echo x > "a/..b/x"; touch "c/..%2f..%2fy" "c/\\..\\z"; exit 0')
    const { items } = await bench.blobs.list(at(''))
    const strange = items.filter(({ name }) => !name.startsWith('ExperimentRun/dcid.'))
    assert.deepEqual(strange, [])
  })

  test('a fork bomb ends at the limit of its job, which ends with all that it made', async () => {
    const { text } = await attempt(
      'python -c "' +
        'import os, time\n' +
        'made = 0\n' +
        'for _ in range(20000):\n' +
        '  try: pid = os.fork()\n' +
        '  except OSError: break\n' +
        '  if pid == 0: time.sleep(300); os._exit(0)\n' +
        '  made += 1\n' +
        "print('made', made)\n\"",
    )
    const made = Number(/made (\d+)/.exec(text)?.[1])
    assert.ok(made > 10, text)
    const limits = memoryLimiter(bench.directory).description
    if (!limits.includes('no limit')) assert.ok(made < 5000, `${made}: ${limits}`)
    assert.equal(await leftovers(`attempt${count}`), 0)
  })

  test('a process that leaves its session and its group ends with its job', async () => {
    const mark = `leaves-${process.pid}`
    await attempt(`python -c "import os, time
for _ in range(3):
  if os.fork(): os._exit(0)
  os.setsid()
open('/tmp/${mark}', 'w').write('x')
time.sleep(300)" ${mark} & sleep 0.5; exit 0`)
    const lines = (await commandLines()).filter((line) => line.includes(mark))
    assert.deepEqual(lines, [])
  })

  test('memory beyond the limit ends the job, and nothing beside it', async () => {
    const { status } = await attempt('python -c "x = bytearray(64 * 2**30); x[::4096] = b\'1\' * len(x[::4096])"')
    assert.equal(status, 'Failed')
    assert.equal((await attempt('echo alive')).status, 'Completed')
  })

  test('sockets of the server and of the machine are not there', async () => {
    const path = join(bench.directory, 'private.sock')
    const listening = createServer((socket) => socket.end('private-socket')).listen(path)
    await once(listening, 'listening')
    try {
      const { text } = await attempt(
        `python -c "import socket; s = socket.socket(socket.AF_UNIX); s.connect('${path}'); print(s.recv(99))" 2>&1; ls /run/docker.sock /var/run/docker.sock /run/systemd/private /run/dbus 2>&1; cat /proc/net/unix | grep -c '${path}$'; exit 0`,
      )
      assert.doesNotMatch(text, /private-socket/)
      assert.doesNotMatch(text, /^\/(var\/)?run\/docker\.sock$/m)
    } finally {
      listening.close()
    }
  })

  test('what the kernel could be told is not writable', async () => {
    const before = await readFile('/proc/sys/kernel/core_pattern', 'utf8')
    const { text } = await attempt(
      'for f in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/sys/vm/drop_caches /sys/kernel/uevent_helper /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/cgroup.procs; do v=$(cat $f 2>/dev/null || echo x); (echo "$v" > $f) 2>/dev/null && echo "WROTE $f"; done; hostname evil 2>/dev/null && hostname; date -s "2030-01-01" 2>/dev/null && echo "SET"; exit 0',
    )
    assert.doesNotMatch(text, /WROTE|SET/)
    assert.equal(await readFile('/proc/sys/kernel/core_pattern', 'utf8'), before)
  })

  test('its own control group can not be left or widened', async () => {
    const { text } = await attempt(
      'for g in /sys/fs/cgroup /sys/fs/cgroup/memory /sys/fs/cgroup/pids; do (echo $$ > $g/cgroup.procs) 2>/dev/null && echo "LEFT $g"; (echo max > $g/pids.max) 2>/dev/null && echo "WIDENED $g"; mkdir $g/evil 2>/dev/null && echo "MADE $g"; done; exit 0',
    )
    assert.doesNotMatch(text, /LEFT|WIDENED|MADE/)
  })

  test('a job that fills its disk takes nothing of another: its folder is gone with it', async () => {
    const { status } = await attempt('head -c 200000000 /dev/zero > big; head -c 50000000 /dev/zero > /tmp/big; exit 3')
    assert.equal(status, 'Failed')
    const own = jobFolder(join(bench.directory, 'jobs'), `/w/ws/attempt${count}`)
    await until('its folder is gone', async () => !(await readdir(own.root)).includes('work'))
  })

  test('what the job needs is there: its folders, names, certificates, loopback', async () => {
    await mkdir(join(bench.directory, 'x'), { recursive: true })
    const { status, text } = await attempt(
      'set -e; touch here $HOME/x /tmp/x /dev/shm/x; getent hosts localhost >/dev/null; ls /etc/ssl/certs >/dev/null; ' +
        "python -c \"import socket, ssl, ctypes, sqlite3; s = socket.create_server(('127.0.0.1', 0)); print('listening')\"; id -un; hostname; " +
        'python -c "import socket; print(socket.gethostbyname(socket.gethostname()))"',
    )
    assert.equal(status, 'Completed', text)
    assert.match(text, /listening\n\w+\nlazuli-node\n127\.0\.0\.1\n/)
  })
})

import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** A command with what it may touch. Paths are this machine's; `writable` may appear under another name inside. */
export interface Confined {
  readonly command: readonly string[]
  /** As it is called inside. */
  readonly cwd: string
  /** Folders and files that can be read, under their own name. */
  readonly readable: readonly string[]
  readonly writable: readonly { readonly source: string; readonly target: string }[]
  /** Read-only under another name. */
  readonly shown?: readonly { readonly source: string; readonly target: string }[]
}

/** How jobs are kept apart from the server, from each other and from the user's files. */
export interface Sandbox {
  readonly kind: 'bubblewrap' | 'none'
  /** The isolation in force, in words for `status` and system_logs. */
  readonly description: string
  /** Where a job's folder appears to the job. */
  folderInside(folder: string, name: string): string
  /** The command line that runs `confined.command` inside. */
  wrap(confined: Confined): readonly string[]
}

const noSandbox = (why: string): Sandbox => ({
  kind: 'none',
  description: `none: ${why}; jobs run with the rights of the server's user`,
  folderInside: (folder) => folder,
  wrap: (confined) => confined.command,
})

/**
 * The sandbox that works on this machine: bubblewrap is tried out once with the options that jobs get.
 * `directory` is the data directory: hidden, though it may well lie below a system folder that jobs see, but for the
 * file of host names that is written there for them.
 */
export function findSandbox(options: { readonly disabled?: boolean; readonly directory?: string } = {}): Sandbox {
  if (options.disabled) return noSandbox('switched off')
  const program = ['/usr/bin/bwrap', '/usr/local/bin/bwrap', '/bin/bwrap'].find((path) => existsSync(path))
  if (!program) return noSandbox('bwrap is not installed')
  const sandbox = bubblewrap(program, options.directory)
  const [command = '', ...args] = sandbox.wrap({
    command: ['/bin/sh', '-c', 'exit 0'],
    cwd: '/',
    readable: [],
    writable: [],
  })
  const tried = spawnSync(command, args, { encoding: 'utf8', timeout: 10_000 })
  if (tried.status === 0) return sandbox
  return noSandbox(`bwrap does not work here (${(tried.stderr || tried.error?.message || 'no reason given').trim()})`)
}

/** What a job's node calls itself. */
const NODE = 'lazuli-node'

/** Programs ask for the address of their own host, which is the loopback: nothing of a job is to be found from outside. */
function hostNames(directory: string): string {
  const file = join(directory, 'hosts')
  const machine = existsSync('/etc/hosts') ? readFileSync('/etc/hosts', 'utf8') : '127.0.0.1 localhost\n'
  writeFileSync(file, `${machine.trimEnd()}\n127.0.0.1 ${NODE}\n`)
  return file
}

/** What of /etc a program needs to resolve names, check certificates and find libraries; nothing that is secret. */
const etc = [
  ...['alternatives', 'bash.bashrc', 'ca-certificates', 'fonts', 'gai.conf', 'group', 'host.conf', 'hosts', 'inputrc'],
  ...['ld.so.cache', 'ld.so.conf', 'ld.so.conf.d', 'localtime', 'magic', 'mime.types', 'nsswitch.conf', 'odbcinst.ini'],
  ...['OpenCL', 'passwd', 'pip.conf', 'pki/ca-trust', 'pki/tls/certs', 'pki/tls/cert.pem', 'profile', 'protocols'],
  ...['services', 'ssl/certs', 'ssl/cert.pem', 'ssl/openssl.cnf', 'timezone'],
]

/**
 * Through these the whole machine is set. The kernel asks for their owner, and a server that root runs makes jobs with
 * root's number, whatever name space they are in.
 */
const kernelFiles = ['sys', 'sysrq-trigger', 'irq', 'bus', 'fs', 'acpi', 'scsi', 'mtrr'].map((name) => `/proc/${name}`)

/** Roots of programs and libraries. Everything that is not named here or given does not exist inside. */
const system = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/opt', '/nix/store', '/sys']

function bubblewrap(program: string, directory: string | undefined): Sandbox {
  const masks = directory && system.some((root) => directory.startsWith(`${root}/`)) ? ['--tmpfs', directory] : []
  const names = directory === undefined ? [] : ['--ro-bind', hostNames(directory), '/etc/hosts']
  return {
    kind: 'bubblewrap',
    description:
      'bubblewrap: own user, process, IPC and host name spaces; read-only system, private /tmp and home, ' +
      'no data directory but the job’s own folder; the network is shared',
    // As Azure names it; and a path without blanks, whatever the data directory is called.
    folderInside: (_folder, name) => `/mnt/azureml/cr/j/${name}`,
    wrap: (confined) => [
      program,
      ...['--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
      ...['--hostname', NODE, '--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
      ...systemMounts(),
      ...names,
      ...masks,
      ...['--tmpfs', '/tmp', '--tmpfs', '/var/tmp', '--dir', '/run', '--dir', homedir()],
      // Later mounts lie over earlier ones: a data directory below /tmp must not vanish under the job's own /tmp.
      ...confined.writable.flatMap(({ source, target }) => ['--bind', source, target]),
      ...confined.readable.flatMap((path) => ['--ro-bind', path, path]),
      ...openedFor(confined.shown ?? []),
      ...(confined.shown ?? []).flatMap(({ source, target }) => ['--ro-bind', source, target]),
      ...['--remount-ro', '/', '--chdir', confined.cwd, '--'],
      ...confined.command,
    ],
  }
}

let mounts: readonly string[] | undefined
/** The system does not move while the server runs, so its mounts are looked up once. */
function systemMounts(): readonly string[] {
  mounts ??= [
    ...system.filter((path) => existsSync(path)).flatMap(linkOrBind),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...kernelFiles.flatMap((path) => (existsSync(path) ? ['--ro-bind', path, path] : [])),
    ...['/proc/kcore', '/proc/keys', '/proc/timer_list'].flatMap((path) =>
      existsSync(path) ? ['--ro-bind', '/dev/null', path] : [],
    ),
    ...etc.flatMap((name) => ['--ro-bind-try', `/etc/${name}`, `/etc/${name}`]),
    ...(existsSync('/etc/resolv.conf') ? ['--ro-bind', realpathSync('/etc/resolv.conf'), '/etc/resolv.conf'] : []),
  ]
  return mounts
}

/** Nothing can be made in a system folder, which is read-only: one that has to show more is laid out entry by entry. */
function openedFor(shown: readonly { readonly target: string }[]): readonly string[] {
  const closed = shown
    .filter(({ target }) => system.some((root) => target.startsWith(`${root}/`)) && !existsSync(target))
    .map(({ target }) => dirname(target))
  return [...new Set(closed)].flatMap((folder) => [
    ...['--tmpfs', folder],
    ...readdirSync(folder).flatMap((name) => linkOrBind(join(folder, name))),
  ])
}

/** `/bin` is a link to `usr/bin` on most systems and has to stay one. */
const linkOrBind = (path: string): readonly string[] =>
  lstatSync(path).isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path]

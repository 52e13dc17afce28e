import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** A process for good: pids are given again, a pid with its start time and boot is not. */
export interface ProcessIdentity {
  readonly pid: number
  readonly start: string
  readonly boot: string
}

/** Whether exactly this process still runs (a zombie does not). */
export async function isAlive(process: ProcessIdentity): Promise<boolean> {
  if (process.boot !== (await bootId())) return false
  try {
    const fields = await statFields(process.pid)
    return fields[19] === process.start && fields[0] !== 'Z' && fields[0] !== 'X'
  } catch {
    return process.start === '' && (await isAliveByPs(process.pid))
  }
}

/** Signals exactly this process; false where it is gone. */
export async function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean> {
  if (!(await isAlive(identity))) return false
  try {
    process.kill(identity.pid, signal)
    return true
  } catch {
    return false
  }
}

/** The kernel's numbers after the name, which may itself hold blanks and brackets: [0] is the state, [19] the start. */
async function statFields(pid: number): Promise<readonly string[]> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

let boot: Promise<string> | undefined
/** A constant of this process's life, so reading it once is no state. */
function bootId(): Promise<string> {
  boot ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => '',
  )
  return boot
}

/** macOS has no /proc: there a runner is known by its pid and by being our runner. */
async function isAliveByPs(pid: number): Promise<boolean> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)])
    return stdout.includes('runner.py')
  } catch {
    return false
  }
}

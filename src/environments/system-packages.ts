import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Whether a package of the distribution is installed on this machine; where there is no dpkg, none is known to be. */
export async function hasSystemPackage(name: string): Promise<boolean> {
  if (!/^[a-z0-9][a-z0-9+.-]*$/.test(name)) return false
  try {
    const { stdout } = await promisify(execFile)('dpkg-query', ['-W', '-f', '${db:Status-Status}\n', name])
    return stdout.split('\n').includes('installed')
  } catch {
    return false
  }
}

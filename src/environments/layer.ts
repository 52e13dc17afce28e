import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { BuiltEnvironment } from './environments.ts'

/**
 * Lays a job's own virtual environment over a shared one.
 *
 * The layer has the same interpreter and its own site-packages first, then the shared ones: what the job installs
 * lands in the layer and wins, and the shared environment is never written. This needs no mount and so works
 * everywhere; `folder` is where the layer is written, `inside` where the job sees it.
 */
export async function layEnvironment(
  environment: BuiltEnvironment,
  folder: string,
  inside: string,
): Promise<{ readonly path: readonly string[] }> {
  const { executable, version } = environment.interpreter
  const minor = version.split('.').slice(0, 2).join('.')
  const bin = join(folder, 'bin')
  const packages = join(folder, 'lib', `python${minor}`, 'site-packages')
  await Promise.all([mkdir(bin, { recursive: true }), mkdir(packages, { recursive: true })])
  const python = join(inside, 'bin', 'python')
  await Promise.all([
    symlink(executable, join(bin, 'python')),
    symlink('python', join(bin, 'python3')),
    symlink('python', join(bin, `python${minor}`)),
    writeFile(
      join(folder, 'pyvenv.cfg'),
      `home = ${dirname(executable)}\ninclude-system-site-packages = false\nversion = ${version}\n`,
    ),
    // addsitedir reads the shared environment's own .pth files too, which a plain path line would not.
    writeFile(
      join(packages, '_environment.pth'),
      `import site; site.addsitedir(${JSON.stringify(environment.sitePackages)})\n`,
    ),
    ...Object.entries(environment.scripts).map(([name, body]) =>
      writeFile(join(bin, name), `${firstLine(python)}\n${body}`, { mode: 0o755 }),
    ),
  ])
  return { path: [join(inside, 'bin'), join(environment.directory, 'bin')] }
}

/** The kernel takes 127 characters and no blanks there; beyond that sh finds the interpreter. */
const firstLine = (python: string): string =>
  python.length < 120 && !/\s/.test(python) ? `#!${python}` : `#!/bin/sh\n'''exec' '${python}' "$0" "$@"\n' '''`

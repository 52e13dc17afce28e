import type { EnvironmentSpec } from '../compute/engine.ts'
import { readCondaFile, toRequirement } from './conda-file.ts'
import { EnvironmentBuildFailed } from './environments.ts'
import { imageOf } from './images.ts'
import { anyPython, type PythonRequest, pythonRequest } from './python-version.ts'

/** What has to be built: an interpreter and lines for pip. */
export interface Plan {
  readonly python: PythonRequest
  /** Lines of a requirements file, in order. */
  readonly requirements: readonly string[]
  /** What was understood in another way than it was written. */
  readonly notes: readonly string[]
}

/** Reads an environment version. @throws EnvironmentBuildFailed where it asks for what can't be had */
export function planOf(spec: EnvironmentSpec, allowSubstitute: boolean): Plan {
  if (spec.buildContext)
    throw new EnvironmentBuildFailed(
      'The environment is a Dockerfile with its build context. No container engine stands behind this compute, so it is not built: give an image with a conda file instead.',
    )
  const notes: string[] = []
  const image = imageFor(spec, allowSubstitute, notes)
  if (spec.condaFile === undefined)
    return { python: image.python ? pythonRequest(image.python) : anyPython, requirements: image.packages, notes }
  const file = readCondaFile(spec.condaFile)
  if (file.channels.length > 0)
    notes.push(`conda channels (${file.channels.join(', ')}) are not read: packages come from the machine's PyPI index`)
  const requirements: string[] = []
  for (const dependency of file.conda) {
    const { requirement, note } = toRequirement(dependency)
    if (requirement) requirements.push(requirement)
    if (note && !/^(pip|setuptools|wheel)\b/.test(dependency)) notes.push(note)
  }
  requirements.push(...file.pip.map(pipLine))
  const python = file.python ? pythonRequest(file.python) : image.python ? pythonRequest(image.python) : anyPython
  return { python, requirements: [...new Set(requirements)], notes }
}

function imageFor(
  spec: EnvironmentSpec,
  allowSubstitute: boolean,
  notes: string[],
): { python?: string; packages: readonly string[] } {
  if (!spec.image) {
    if (spec.condaFile !== undefined) return { packages: [] }
    throw new EnvironmentBuildFailed('The environment names neither an image nor a conda file.')
  }
  const image = imageOf(spec.image)
  // A conda file makes an environment of its own inside the image: only the image's Python and packages step back.
  if (image) return { ...image, packages: spec.condaFile === undefined ? image.packages : [] }
  const what = `image ${spec.image} is not among those that are known here, and no container engine stands behind this compute`
  if (!allowSubstitute)
    throw new EnvironmentBuildFailed(`The ${what}. Use a known image, or start the server with substitution allowed.`)
  notes.push(
    `SUBSTITUTED: ${what}; ${spec.condaFile === undefined ? 'a plain Python' : 'the conda file alone'} is used instead`,
  )
  return { packages: [] }
}

/** A line of the pip section; what needs files beside it can't be had, since only the conda file was sent. */
function pipLine(line: string): string {
  if (/^(-r|--requirement|-c|--constraint|-e|--editable)\b/.test(line) || /^\.{0,2}\//.test(line) || line === '.')
    throw new EnvironmentBuildFailed(
      `The conda file's pip line '${line}' names a file beside it, which is not sent to the service.`,
    )
  if (
    line.startsWith('-') &&
    !/^--(extra-index-url|index-url|find-links|trusted-host|pre|no-binary|only-binary|prefer-binary)\b/.test(line) &&
    !/^-[if]\b/.test(line)
  )
    throw new EnvironmentBuildFailed(`The conda file's pip option '${line}' is not offered.`)
  return line
}

import type { EnvironmentSpec } from '../compute/engine.ts'
import { readCondaFile } from './conda-file.ts'
import { condaRequirements } from './conda-requirements.ts'
import type { BuildContext } from './dockerfile/context.ts'
import { EnvironmentBuildFailed } from './environments.ts'
import { imageOf } from './images.ts'
import { anyPython, type PythonRequest, pythonRequest } from './python-version.ts'
import { repairsFor } from './repairs.ts'

/** One call of the installer, after those before it. */
export interface InstallStep {
  /** Lines of a requirements file, in order. */
  readonly requirements: readonly string[]
  readonly constraints: readonly string[]
  /** Options of the installer that are more than lines: `--upgrade`, `--no-deps`. */
  readonly options: readonly string[]
}

/** A file of a build context with its place in the image; a folder where it has no source. */
export interface PlacedFile {
  readonly path: string
  readonly source?: string
  /** What tells its bytes from others. */
  readonly mark: string
}

/** What has to be built: an interpreter, lines for pip, and what a Dockerfile adds to them. */
export interface Plan {
  readonly python: PythonRequest
  /** Lines of a requirements file, in order. */
  readonly requirements: readonly string[]
  /** Bounds on what is installed that nobody asked for, so that what was asked for works. */
  readonly constraints: readonly string[]
  /** A Dockerfile's own installations. */
  readonly steps: readonly InstallStep[]
  readonly files: readonly PlacedFile[]
  /** A Dockerfile's ENV. */
  readonly variables: Readonly<Record<string, string>>
  /** What was understood in another way than it was written. */
  readonly notes: readonly string[]
}

/** What planning needs beside the environment version. */
export interface PlanOptions {
  readonly allowSubstitute: boolean
  /** The files of a Dockerfile's build context. */
  readonly context?: BuildContext
  /** Whether a package of this machine's distribution is installed. */
  readonly hasSystemPackage?: (name: string) => Promise<boolean>
}

/** Reads an environment version. @throws EnvironmentBuildFailed where it asks for what can't be had */
export async function planOf(spec: EnvironmentSpec, options: PlanOptions): Promise<Plan> {
  const plan = spec.buildContext ? await fromDockerfile(spec, options) : fromImage(spec, options)
  const lines = [...plan.requirements, ...plan.steps.flatMap((step) => step.requirements)]
  const { constraints, notes } = repairsFor(lines)
  return { ...plan, constraints, notes: [...plan.notes, ...notes] }
}

function fromImage(spec: EnvironmentSpec, { allowSubstitute }: PlanOptions): Plan {
  const notes: string[] = []
  const nothing = { constraints: [], steps: [], files: [], variables: {}, notes }
  const image = imageFor(spec, allowSubstitute, notes)
  const ofImage = image.python ? pythonRequest(image.python) : anyPython
  if (spec.condaFile === undefined) return { ...nothing, python: ofImage, requirements: image.packages }
  const file = readCondaFile(spec.condaFile)
  const { requirements, notes: said } = condaRequirements(file, refuseFiles)
  notes.push(...said)
  return { ...nothing, python: file.python ? pythonRequest(file.python) : ofImage, requirements }
}

async function fromDockerfile(spec: EnvironmentSpec, options: PlanOptions): Promise<Plan> {
  const { context } = options
  if (!context) throw new EnvironmentBuildFailed('The build context of the environment can’t be read here.')
  const notes: string[] = []
  const { interpretDockerfile } = await import('./dockerfile/interpret.ts')
  const state = await interpretDockerfile(spec.dockerfilePath ?? 'Dockerfile', {
    ...options,
    context,
    imageFor: (image) => imageFor({ ...spec, image }, options.allowSubstitute, notes),
  })
  return { ...state, constraints: [], notes: [...notes, ...state.notes] }
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

/** An environment's own conda file comes alone: what needs files beside it can't be had. */
function refuseFiles(line: string): never {
  throw new EnvironmentBuildFailed(
    `The conda file's pip line '${line}' names a file beside it, which is not sent to the service.`,
  )
}

import { posix } from 'node:path'
import type { InstallStep, PlanOptions } from '../plan.ts'
import type { BuildContext } from './context.ts'
import type { Overlay } from './overlay.ts'

/** Stands for the folder in which a build lays out what is copied into the image. */
export const imageRoot = 'lazuli-image:'

/** What an image is known to be while its Dockerfile is read. */
export interface ImageState {
  /** The Python that is asked for last, in conda's words. */
  python: string | undefined
  /** What the base image, or a conda environment in its place, has. */
  requirements: readonly string[]
  readonly steps: InstallStep[]
  readonly files: Overlay
  /** ENV. */
  readonly variables: Record<string, string>
  /** ARG, which jobs don't see. */
  args: Record<string, string>
  /** What ARG says before FROM: for FROM, and for an ARG that names it again without a value. */
  outerArgs: Readonly<Record<string, string>>
  folder: string
  readonly notes: string[]
}

/** What the instructions work with. */
export interface Interpreting extends PlanOptions {
  readonly context: BuildContext
  /** What a base image stands for. @throws EnvironmentBuildFailed */
  imageFor(image: string): { readonly python?: string; readonly packages: readonly string[] }
}

/** A command of a RUN at work. */
export interface Running {
  readonly state: ImageState
  readonly on: Interpreting
  readonly line: number
  /** Set by `cd`, for the rest of the RUN. */
  folder: string
  /** Set by `export` and before commands, for the rest of the RUN. */
  readonly variables: Record<string, string>
}

/** A path as the image has it. */
export const pathIn = (folder: string, path: string): string => {
  const full = posix.resolve(folder, path.replace(/^~(?=\/|$)/, '/root'))
  return full.length > 1 ? full.replace(/\/$/, '') : full
}

export const lookUp = (running: Running, name: string): string =>
  running.variables[name] ??
  running.state.variables[name] ??
  running.state.args[name] ??
  (name === 'HOME' ? '/root' : '')

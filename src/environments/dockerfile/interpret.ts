import { posix } from 'node:path'
import { EnvironmentBuildFailed } from '../environments.ts'
import type { Plan } from '../plan.ts'
import { anyPython, pythonRequest } from '../python-version.ts'
import { type ContextFile, withoutIgnored } from './context.ts'
import { copy } from './copy.ts'
import { type ImageState, type Interpreting, lookUp, pathIn, type Running } from './image-state.ts'
import { overlay } from './overlay.ts'
import { atLine, readDockerfile, type Step } from './read-dockerfile.ts'
import { runCommand } from './run-commands.ts'
import { commandsOf, fill } from './shell.ts'
import { expand } from './variables.ts'

/** These say how a container is started or shown; a job is started by its own command. */
const ofContainers = new Set([
  'CMD',
  'ENTRYPOINT',
  'EXPOSE',
  'HEALTHCHECK',
  'LABEL',
  'MAINTAINER',
  'SHELL',
  'STOPSIGNAL',
  'USER',
  'VOLUME',
])

/**
 * Reads a Dockerfile as a recipe for a Python environment: what it installs, copies and sets. What a container engine
 * alone could do is refused, with its line.
 *
 * @throws EnvironmentBuildFailed
 */
export async function interpretDockerfile(path: string, on: Interpreting): Promise<Omit<Plan, 'constraints'>> {
  const { context } = on
  const name = posix.resolve('/', path).slice(1)
  const steps = readDockerfile(await context.read(name))
  const ignore = [`${name}.dockerignore`, '.dockerignore'].find((each) =>
    context.files.some((file) => file.path === each),
  )
  const files = ignore === undefined ? context.files : withoutIgnored(context.files, await context.read(ignore))
  const state: ImageState = {
    python: undefined,
    requirements: [],
    steps: [],
    files: overlay(),
    variables: {},
    args: {},
    outerArgs: {},
    folder: '/',
    notes: [],
  }
  let hasBase = false
  for (const step of steps) {
    if (step.keyword === 'FROM') {
      if (hasBase) throw atLine(step.line, 'a second FROM: builds of several stages are not interpreted.')
      from(step, state, on)
      hasBase = true
    } else if (!hasBase && step.keyword !== 'ARG') throw atLine(step.line, `${step.keyword} comes before FROM.`)
    else await interpret(step, state, { on, files })
  }
  if (!hasBase) throw new EnvironmentBuildFailed('The Dockerfile has no FROM.')
  return {
    python: state.python === undefined ? anyPython : pythonRequest(state.python),
    requirements: state.requirements,
    steps: state.steps,
    files: state.files.placed(),
    variables: state.variables,
    notes: state.notes,
  }
}

function from(step: Step, state: ImageState, on: Interpreting): void {
  const [image = ''] = expand(step.text, (name) => state.args[name]).split(/\s+/)
  const base = on.imageFor(image)
  state.python = base.python
  state.requirements = base.packages
  state.outerArgs = state.args
  state.args = {}
}

async function interpret(
  step: Step,
  state: ImageState,
  { on, files }: { readonly on: Interpreting; readonly files: readonly ContextFile[] },
): Promise<void> {
  const { keyword, line, text } = step
  const meaning = (name: string) =>
    state.variables[name] ?? state.args[name] ?? (name === 'PATH' ? standardPath : undefined)
  if (keyword === 'ARG') {
    for (const { name, value } of step.pairs) {
      const given = value === undefined ? state.outerArgs[name] : expand(value, meaning)
      if (given !== undefined) state.args[name] = given
    }
  } else if (keyword === 'ENV') {
    // All of one ENV see what was before it.
    const pairs = step.pairs.map(({ name, value }) => [name, expand(value ?? '', meaning)] as const)
    Object.assign(state.variables, Object.fromEntries(pairs))
  } else if (keyword === 'WORKDIR') {
    state.folder = pathIn(state.folder, expand(text, meaning))
    state.files.makeFolder(state.folder)
  } else if (keyword === 'COPY' || keyword === 'ADD') copy(step, state, files)
  else if (keyword === 'RUN') await run(step, state, on)
  else if (ofContainers.has(keyword))
    state.notes.push(`Dockerfile, line ${line}: ${keyword} is left out; a job is started by its own command`)
  else throw atLine(line, `${keyword} is not interpreted.`)
}

const standardPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

async function run(step: Step, state: ImageState, on: Interpreting): Promise<void> {
  const { line, text, words, flags } = step
  // A cache is mounted for speed alone.
  for (const { name } of flags) if (name !== 'mount') throw atLine(line, `RUN --${name} is not interpreted.`)
  if (flags.some(({ value }) => !/^type=cache\b/.test(value)))
    throw atLine(line, 'RUN --mount is interpreted for caches alone.')
  const running: Running = { state, on, line, folder: state.folder, variables: {} }
  if (words)
    return runCommand(
      running,
      words.map((word) => ({ text: word, isPattern: false })),
    )
  for (const command of commandsOf(text, line))
    await runCommand(
      running,
      fill(command, (name) => lookUp(running, name)),
    )
}

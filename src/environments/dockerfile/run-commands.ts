import { conda } from './conda-command.ts'
import { pathIn, type Running } from './image-state.ts'
import { pip } from './pip-command.ts'
import { atLine } from './read-dockerfile.ts'
import type { Word } from './shell.ts'

type Handler = (running: Running, args: readonly Word[]) => Promise<void> | void

const plain = (args: readonly Word[]): readonly string[] => args.map(({ text }) => text)
const nothing: Handler = () => undefined

/** What a RUN may do here; anything else changes an image in a way that nothing on this machine could follow. */
const handlers: Readonly<Record<string, Handler>> = {
  pip: (running, args) => pip(running, plain(args)),
  python: pythonModule,
  uv: (running, [first, ...rest]) => {
    if (first?.text !== 'pip')
      throw atLine(running.line, `'uv ${first?.text ?? ''}' is not interpreted; 'uv pip install' is.`)
    return pip(running, plain(rest))
  },
  conda: (running, args) =>
    conda(running, plain(args), (words) =>
      runCommand(
        running,
        words.map((text) => ({ text, isPattern: false })),
      ),
    ),
  'apt-get': apt,
  rm: (running, args) => {
    for (const { text, isPattern } of args)
      if (!text.startsWith('-')) running.state.files.remove(pathIn(running.folder, text), isPattern)
  },
  mkdir: (running, args) => {
    for (const { text } of args) if (!text.startsWith('-')) running.state.files.makeFolder(pathIn(running.folder, text))
  },
  cd: (running, [to]) => {
    running.folder = pathIn(running.folder, to?.text ?? '~')
  },
  export: (running, args) => {
    for (const { text } of args) assign(running, text)
  },
  set: nothing,
  true: nothing,
  ':': nothing,
  echo: nothing,
}

const otherNames: Readonly<Record<string, string>> = {
  pip3: 'pip',
  python3: 'python',
  mamba: 'conda',
  micromamba: 'conda',
  apt: 'apt-get',
}

/** One command of a RUN. @throws EnvironmentBuildFailed for one that is not interpreted */
export async function runCommand(running: Running, words: readonly Word[]): Promise<void> {
  let at = 0
  while (/^[A-Za-z_]\w*=/.test(words[at]?.text ?? '')) assign(running, words[at++]?.text ?? '')
  const command = words[at]?.text
  if (command === undefined) return
  if (command === 'sudo') return runCommand(running, words.slice(at + 1))
  // `/opt/venv/bin/pip` installs into the one environment that there is.
  const name = command.replace(/^.*\//, '').replace(/^(pip|python)3\.\d+$/, '$1')
  const known = otherNames[name] ?? name
  const handler = Object.hasOwn(handlers, known) ? handlers[known] : undefined
  if (!handler)
    throw atLine(
      running.line,
      `RUN '${name}' is not interpreted. No container engine stands behind this compute: pip, conda, apt-get, rm, mkdir and cd are understood.`,
    )
  await handler(running, words.slice(at + 1))
}

function assign(running: Running, text: string): void {
  const equals = text.indexOf('=')
  if (equals > 0) running.variables[text.slice(0, equals)] = text.slice(equals + 1)
}

function pythonModule(running: Running, args: readonly Word[]): Promise<void> | void {
  const [option, module, ...rest] = plain(args)
  if (option === '--version' || option === '-V') return
  if (option === '-m' && module === 'pip') return pip(running, rest)
  throw atLine(
    running.line,
    `'python ${[option, module].join(' ').trim()}' is not interpreted; 'python -m pip install' is.`,
  )
}

/** Packages of the distribution can't be installed for one environment: those that the machine has will do. */
async function apt(running: Running, args: readonly Word[]): Promise<void> {
  const { state, on, line } = running
  const words = plain(args).filter(
    (word, at, all) => !word.startsWith('-') && all[at - 1] !== '-o' && all[at - 1] !== '-t',
  )
  const [verb = '', ...names] = words
  if (/^(update|upgrade|dist-upgrade|full-upgrade|clean|autoclean|autoremove)$/.test(verb)) return
  if (verb !== 'install') throw atLine(line, `'apt-get ${verb}' is not interpreted; 'apt-get install' is.`)
  const missing: string[] = []
  for (const name of names.map((each) => each.replace(/[=:/].*$/, '')))
    if (!(await on.hasSystemPackage?.(name))) missing.push(name)
  const here = names.filter((name) => !missing.includes(name.replace(/[=:/].*$/, '')))
  if (here.length > 0) state.notes.push(`Dockerfile, line ${line}: the machine's own ${here.join(', ')} will do`)
  if (missing.length === 0) return
  const what = `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not on this machine`
  if (!on.allowSubstitute)
    throw atLine(
      line,
      `${what}, and a job's environment can't bring packages of the distribution. Install: apt-get install ${missing.join(' ')}.`,
    )
  state.notes.push(`SUBSTITUTED: Dockerfile, line ${line}: ${what}; the environment is built without`)
}

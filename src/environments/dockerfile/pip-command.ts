import type { Running } from './image-state.ts'
import { lookUp } from './image-state.ts'
import { atLine } from './read-dockerfile.ts'
import { requirementLines, withPlace } from './requirement-files.ts'

/** Options that change nothing of what is installed here. */
const silent = new Set([
  ...[
    '-q',
    '-qq',
    '-qqq',
    '--quiet',
    '-v',
    '--verbose',
    '--no-cache-dir',
    '--no-cache',
    '--no-input',
    '--user',
    '--no-color',
    '-y',
    '--yes',
  ],
  ...['--disable-pip-version-check', '--no-warn-script-location', '--no-warn-conflicts', '--break-system-packages'],
  ...['--ignore-installed', '-I', '--force-reinstall', '--compile', '--no-compile', '--prefer-binary', '--system'],
])
/** As `silent`, with a value. */
const silentWithValue = new Set([
  ...[
    '--progress-bar',
    '--root-user-action',
    '--timeout',
    '--default-timeout',
    '--retries',
    '--upgrade-strategy',
    '--cache-dir',
  ],
])
/** Handed to the installer as they are. */
const passed: Readonly<Record<string, string>> = {
  '-U': '--upgrade',
  '--upgrade': '--upgrade',
  '--pre': '--pre',
  '--no-deps': '--no-deps',
  '--no-build-isolation': '--no-build-isolation',
}
/** As `passed`, with a value. */
const passedWithValue: Readonly<Record<string, string>> = {
  '-i': '--index-url',
  '--index-url': '--index-url',
  '--extra-index-url': '--extra-index-url',
  '-f': '--find-links',
  '--find-links': '--find-links',
  '--trusted-host': '--trusted-host',
  '--no-binary': '--no-binary',
  '--only-binary': '--only-binary',
}
/** Commands that look and change nothing. */
const looks = /^(freeze|list|show|check|cache|config|debug|help|--version|-V|--help)$/

/** `pip …`. @throws EnvironmentBuildFailed for what is not an installation */
export async function pip(running: Running, args: readonly string[]): Promise<void> {
  const { state, line } = running
  const [verb = '', ...rest] = args
  if (looks.test(verb)) return
  if (verb !== 'install') throw atLine(line, `'pip ${verb}' is not interpreted; 'pip install' is.`)
  const requirements: string[] = []
  const constraints: string[] = []
  const options: string[] = []
  for (const [name, variable] of [
    ['--index-url', 'PIP_INDEX_URL'],
    ['--extra-index-url', 'PIP_EXTRA_INDEX_URL'],
  ] as const)
    if (lookUp(running, variable) !== '') options.push(name, lookUp(running, variable))
  for (let at = 0; at < rest.length; at += 1) {
    const word = rest[at] ?? ''
    const [name = '', inline] = word.startsWith('--') ? split(word) : [word, undefined]
    const value = (): string => {
      const given = inline ?? rest[++at]
      if (given === undefined) throw atLine(line, `pip's option ${name} lacks its value.`)
      return given
    }
    const option = passed[name]
    const valued = passedWithValue[name]
    if (silent.has(name)) continue
    if (silentWithValue.has(name)) value()
    else if (option !== undefined) options.push(option)
    else if (valued !== undefined) options.push(valued, value())
    else if (name === '-r' || name === '--requirement') requirements.push(...(await requirementLines(running, value())))
    else if (name === '-c' || name === '--constraint') constraints.push(...(await requirementLines(running, value())))
    else if (name === '-e' || name === '--editable') requirements.push(withPlace(running, `-e ${value()}`))
    else if (name.startsWith('-')) throw atLine(line, `pip's option '${name}' is not interpreted.`)
    else requirements.push(withPlace(running, word))
  }
  if (requirements.length === 0) throw atLine(line, "'pip install' names nothing to install.")
  state.steps.push({ requirements, constraints, options })
}

function split(word: string): readonly [string, string | undefined] {
  const equals = word.indexOf('=')
  return equals < 0 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)]
}

import { parse } from 'yaml'
import { isObject } from '../json.ts'
import { EnvironmentBuildFailed } from './environments.ts'

/** What a conda file asks for. */
export interface CondaFile {
  /** The `python…` dependency, as written. */
  readonly python?: string
  /** Conda dependencies without python. */
  readonly conda: readonly string[]
  /** Lines of the pip section. */
  readonly pip: readonly string[]
  readonly channels: readonly string[]
}

/** Reads a conda file; JSON is YAML too. @throws EnvironmentBuildFailed */
export function readCondaFile(text: string): CondaFile {
  let document: unknown
  try {
    document = parse(text)
  } catch (cause) {
    throw new EnvironmentBuildFailed(`The conda file can't be read: ${cause instanceof Error ? cause.message : cause}`)
  }
  if (!isObject(document)) throw new EnvironmentBuildFailed('The conda file is no mapping with dependencies.')
  const dependencies = document.dependencies ?? []
  if (!Array.isArray(dependencies)) throw new EnvironmentBuildFailed('dependencies of the conda file is no list.')
  const conda: string[] = []
  const pip: string[] = []
  for (const entry of dependencies as readonly unknown[]) {
    if (typeof entry === 'string') conda.push(entry.trim())
    else if (isObject(entry) && Array.isArray(entry.pip)) pip.push(...entry.pip.map((line) => String(line).trim()))
    else if (!isObject(entry) || entry.pip !== null)
      throw new EnvironmentBuildFailed(
        `The conda file holds ${JSON.stringify(entry)}, which is neither a package nor a pip section.`,
      )
  }
  const isPython = (dependency: string) => /^(?:[\w.-]+::)?python(?![\w-])/.test(dependency)
  const python = conda.find(isPython)?.replace(/^[\w.-]+::/, '')
  return {
    ...(python ? { python } : {}),
    conda: conda.filter((dependency) => !isPython(dependency)),
    pip,
    channels: Array.isArray(document.channels) ? document.channels.map(String) : [],
  }
}

/** Conda packages whose name on PyPI differs; `undefined` is one that pip needs not or has not. */
const pypiNames: Readonly<Record<string, string | undefined>> = {
  pytorch: 'torch',
  'pytorch-cpu': 'torch',
  'py-xgboost': 'xgboost',
  'py-xgboost-cpu': 'xgboost',
  'xgboost-cpu': 'xgboost',
  'matplotlib-base': 'matplotlib',
  'tensorflow-base': 'tensorflow',
  'tensorflow-gpu': 'tensorflow',
  'dask-core': 'dask',
  'msgpack-python': 'msgpack',
  'python-graphviz': 'graphviz',
  'python-kubernetes': 'kubernetes',
  'opencv-python-headless': 'opencv-python-headless',
  opencv: 'opencv-python-headless',
  'py-opencv': 'opencv-python-headless',
  pytables: 'tables',
  'pyyaml-env-tag': 'pyyaml_env_tag',
  'seaborn-base': 'seaborn',
  'ruamel.yaml': 'ruamel.yaml',
  'sqlalchemy-base': 'sqlalchemy',
  'pillow-base': 'pillow',
  'pyarrow-core': 'pyarrow',
  cudatoolkit: undefined,
  cudnn: undefined,
  'pytorch-cuda': undefined,
  cpuonly: undefined,
  libgcc: undefined,
  'libgcc-ng': undefined,
  libgomp: undefined,
  'libstdcxx-ng': undefined,
  mkl: undefined,
  blas: undefined,
  openssl: undefined,
  'ca-certificates': undefined,
  nomkl: undefined,
  _libgcc_mutex: undefined,
  _openmp_mutex: undefined,
  gcc: undefined,
  gxx: undefined,
  gcc_linux: undefined,
  'gcc_linux-64': undefined,
  'gxx_linux-64': undefined,
  make: undefined,
  cmake: 'cmake',
  git: undefined,
  nodejs: undefined,
}

/** A conda dependency as pip takes it, with a note where that is a guess or an omission. */
export function toRequirement(dependency: string): { readonly requirement?: string; readonly note?: string } {
  const match = dependency.replace(/^[\w.-]+::/, '').match(/^([A-Za-z0-9_][\w.-]*)(?:\[[^\]]*\])?\s*(.*)$/)
  const name = match?.[1]?.toLowerCase()
  if (!name) throw new EnvironmentBuildFailed(`The conda file's dependency '${dependency}' can't be read.`)
  const version = toSpecifier(match?.[2] ?? '')
  if (Object.hasOwn(pypiNames, name)) {
    const known = pypiNames[name]
    if (!known) return { note: `conda package ${name} is left out: it is no Python package, the machine's own is used` }
    return { requirement: `${known}${version}`, note: `conda package ${name} is installed from PyPI as ${known}` }
  }
  return { requirement: `${name}${version}`, note: `conda package ${name} is installed from PyPI under the same name` }
}

/** Conda's `=1.2` means any 1.2; a build string is dropped; `|` has no counterpart and its last branch counts. */
function toSpecifier(text: string): string {
  const branches = text.trim().split('|')
  const spec = branches[branches.length - 1]?.trim() ?? ''
  if (spec === '' || spec === '*') return ''
  return spec
    .split(',')
    .map((part) => {
      const clause = part.trim().match(/^(==|>=|<=|!=|~=|=|>|<)?\s*([\w.*+!-]+)(?:[=\s]\S+)?$/)
      const version = clause?.[2] ?? ''
      const operator = clause?.[1] ?? (clause ? '==' : '')
      if (operator === '=') return version.endsWith('*') ? `==${version}` : `==${version}.*`
      return `${operator}${version}`
    })
    .join(',')
}

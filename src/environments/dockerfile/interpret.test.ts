import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EnvironmentBuildFailed } from '../environments.ts'
import { type Plan, planOf } from '../plan.ts'
import type { BuildContext } from './context.ts'

/** A context of texts. */
const contextOf = (files: Readonly<Record<string, string>>): BuildContext => ({
  files: Object.keys(files).map((path) => ({ path, mark: `${path} ${files[path]}` })),
  async read(path) {
    const text = files[path]
    if (text === undefined) throw new EnvironmentBuildFailed(`The build context has no file '${path}'.`)
    return text
  },
  place: async () => undefined,
})

const plan = (
  dockerfile: string,
  files: Readonly<Record<string, string>> = {},
  allowSubstitute = false,
): Promise<Plan> =>
  planOf(
    {
      id: 'e',
      variables: {},
      buildContext: { account: 'a', container: 'c', path: 'x' },
      dockerfilePath: './Dockerfile',
    },
    {
      allowSubstitute,
      context: contextOf({ Dockerfile: dockerfile, ...files }),
      hasSystemPackage: async (name) => name === 'git',
    },
  )
const installed = ({ steps }: Plan) => steps.map((step) => step.requirements)
const placed = ({ files }: Plan) => files.map(({ path, source }) => `${source ?? '(folder)'} → ${path}`).sort()

describe('a Dockerfile becomes a plan', () => {
  test('Microsoft’s own example: a requirements file, copied, installed and removed', async () => {
    const seen = await plan(
      '# base\nFROM python:3.8\n\n# python installs\nCOPY requirements.txt .\nRUN pip install -r requirements.txt && rm requirements.txt\nCMD ["bash"]\n',
      { 'requirements.txt': '# tools\npandas>=1.1 # frames\n-r more/list.txt\n', 'more/list.txt': 'six\n' },
    ).catch((error: unknown) => error)
    assert.match(String(seen), /line 6: \/more\/list\.txt is not in the image/)
    const whole = await plan(
      'FROM python:3.8\nCOPY . .\nRUN pip install -r requirements.txt && rm -r requirements.txt more Dockerfile\nCMD ["bash"]\n',
      { 'requirements.txt': '# tools\npandas>=1.1 # frames\n-r more/list.txt\n', 'more/list.txt': 'six\n' },
    )
    assert.equal(whole.python.text, 'python=3.8')
    assert.deepEqual(installed(whole), [['pandas>=1.1', 'six']])
    assert.deepEqual(placed(whole), [])
    assert.match(whole.notes.join('\n'), /line 4: CMD is left out/)
  })

  test('continued lines with comments between, options, quotes, and one call after the other', async () => {
    const seen = await plan(`ARG VERSION=3.10
FROM docker.io/python:\${VERSION}-slim AS base
RUN pip install --no-cache-dir -U 'pandas>=1.1,<1.3' \\
    # a comment between
    "six" \\
 && python3.10 -m pip install -q --extra-index-url https://a.example/simple "uvicorn[standard]~=0.2"
RUN ["pip3", "install", "--no-deps", "attrs"]
`)
    assert.equal(seen.python.text, 'python=3.10')
    assert.deepEqual(seen.steps, [
      { requirements: ['pandas>=1.1,<1.3', 'six'], constraints: [], options: ['--upgrade'] },
      {
        requirements: ['uvicorn[standard]~=0.2'],
        constraints: [],
        options: ['--extra-index-url', 'https://a.example/simple'],
      },
      { requirements: ['attrs'], constraints: [], options: ['--no-deps'] },
    ])
  })

  test('an unquoted bound is a redirection, as in a real shell', async () => {
    assert.deepEqual(installed(await plan('FROM python:3.10\nRUN pip install six>=1.2 attrs\n')), [['six', 'attrs']])
  })

  test('a conda environment takes the place of what the image has', async () => {
    const seen = await plan(
      `FROM mcr.microsoft.com/azureml/curated/sklearn-1.5:latest
ENV CONDA_ENVIRONMENT_PATH /azureml-envs/llama
ENV PATH $CONDA_ENVIRONMENT_PATH/bin:$PATH
COPY conda_dependencies.yaml .
RUN conda env create -p $CONDA_ENVIRONMENT_PATH -f conda_dependencies.yaml -q && \\
    rm conda_dependencies.yaml && \\
    conda run -p $CONDA_ENVIRONMENT_PATH pip cache purge && \\
    conda clean -a -y
RUN conda run -n base pip install six
RUN pip freeze
ENV LD_LIBRARY_PATH $CONDA_ENVIRONMENT_PATH/lib:$LD_LIBRARY_PATH
`,
      { 'conda_dependencies.yaml': 'dependencies: [python=3.9, numpy=1.26, {pip: [attrs]}]' },
    )
    assert.equal(seen.python.text, 'python=3.9')
    assert.deepEqual(seen.requirements, [])
    assert.deepEqual(installed(seen), [['numpy==1.26.*', 'attrs'], ['six']])
    assert.match(seen.variables.PATH ?? '', /^\/azureml-envs\/llama\/bin:\/usr\/local\/sbin:/)
    assert.equal(seen.variables.LD_LIBRARY_PATH, '/azureml-envs/llama/lib:')
  })

  test('conda install, and an update from a file, add to the image', async () => {
    const seen = await plan(
      'FROM mcr.microsoft.com/azureml/minimal-py312-inference:latest\nCOPY conda.yaml /tmp/conda.yaml\nRUN conda env update -n amlenv --file /tmp/conda.yaml\nRUN conda install -y -c conda-forge "attrs=23" && mkdir -p /data/x\n',
      { 'conda.yaml': 'dependencies: [{pip: [six]}]' },
    )
    assert.deepEqual(seen.requirements, ['azureml-inference-server-http'])
    assert.deepEqual(installed(seen), [['six'], ['attrs==23.*']])
    assert.deepEqual(placed(seen), ['(folder) → /data/x', 'conda.yaml → /tmp/conda.yaml'])
  })

  test('files go where Docker would put them', async () => {
    const files = {
      'a.txt': '1',
      'b.txt': '2',
      'src/x.py': '3',
      'src/deep/y.py': '4',
      'no.log': '5',
      '.dockerignore': '*.log\nDockerfile\n.dockerignore\n',
    }
    for (const { copy, to } of [
      { copy: 'COPY a.txt /etc/app.txt', to: ['a.txt → /etc/app.txt'] },
      { copy: 'COPY a.txt /opt', to: ['a.txt → /opt/a.txt'] },
      { copy: 'WORKDIR /app\nCOPY a.txt ./', to: ['(folder) → /app', 'a.txt → /app/a.txt'] },
      { copy: 'COPY *.txt /data/', to: ['a.txt → /data/a.txt', 'b.txt → /data/b.txt'] },
      { copy: 'COPY src /code', to: ['src/deep/y.py → /code/deep/y.py', 'src/x.py → /code/x.py'] },
      { copy: 'ADD ["src/x.py", "/with blank/x.py"]', to: ['src/x.py → /with blank/x.py'] },
      { copy: 'ARG D=/code\nCOPY --chown=1:1 src/x.py ${D}/z.py', to: ['src/x.py → /code/z.py'] },
      {
        copy: 'COPY . /all',
        to: ['a.txt → /all/a.txt', 'b.txt → /all/b.txt', 'src/deep/y.py → /all/deep/y.py', 'src/x.py → /all/x.py'].map(
          (line) => line.replace('/all/deep', '/all/src/deep').replace('/all/x', '/all/src/x'),
        ),
      },
      { copy: 'COPY ../a.txt /x/', to: ['a.txt → /x/a.txt'] },
    ])
      assert.deepEqual(placed(await plan(`FROM python:3.10\n${copy}\n`, files)), to, copy)
  })

  test('a package among the copied files is installed from where the build lays it out', async () => {
    const files = { 'pkg/setup.py': '', 'w/a-1.0-py3-none-any.whl': '' }
    const seen = await plan(
      'FROM python:3.10\nWORKDIR /src\nCOPY . .\nRUN cd pkg && pip install . && pip install -e /src/pkg[x] /src/w/a-1.0-py3-none-any.whl',
      files,
    )
    assert.deepEqual(installed(seen), [
      ['lazuli-image:/src/pkg'],
      ['-e lazuli-image:/src/pkg[x]', 'lazuli-image:/src/w/a-1.0-py3-none-any.whl'],
    ])
  })

  test('what the machine has of the distribution will do; what it lacks fails, or is told where that is allowed', async () => {
    const apt =
      'FROM python:3.10\nRUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*\n'
    assert.match((await plan(apt)).notes.join(), /the machine's own git will do/)
    const more = `${apt}RUN DEBIAN_FRONTEND=noninteractive apt install -y git hwloc\n`
    await assert.rejects(plan(more), /line 3: hwloc is not on this machine.*apt-get install hwloc/)
    assert.match((await plan(more, {}, true)).notes.join('\n'), /SUBSTITUTED: Dockerfile, line 3: hwloc is not/)
  })

  for (const { what, of, says } of [
    {
      what: 'an unknown image',
      of: 'FROM rocker/tidyverse:latest\n',
      says: /image rocker\/tidyverse:latest is not among/,
    },
    {
      what: 'another program',
      of: 'FROM python:3.10\nRUN pip install six && \\\n  curl -O https://x\n',
      says: /line 2: RUN 'curl' is not interpreted/,
    },
    { what: 'a pipe', of: 'FROM python:3.10\nRUN echo a | tee b\n', says: /line 2: '\|' of the shell/ },
    { what: 'a substitution', of: 'FROM python:3.10\nRUN pip install $(cat x)\n', says: /line 2: '\(' of the shell/ },
    { what: 'a redirection', of: 'FROM python:3.10\nRUN echo six > /r.txt\n', says: /line 2: redirections/ },
    {
      what: 'a here-document',
      of: 'FROM python:3.10\nRUN <<EOF\npip install six\nEOF\n',
      says: /line 2: here-documents/,
    },
    { what: 'two stages', of: 'FROM python:3.10 AS a\nFROM python:3.10\n', says: /line 2: a second FROM/ },
    { what: 'another image’s files', of: 'FROM python:3.10\nCOPY --from=x /a /b\n', says: /line 2: COPY --from=x/ },
    {
      what: 'a file from the web',
      of: 'FROM python:3.10\nADD https://x.example/a /b\n',
      says: /line 2: ADD of 'https/,
    },
    {
      what: 'an archive',
      of: 'FROM python:3.10\nADD a.tar.gz /b\n',
      says: /line 2: ADD of 'a\.tar\.gz' would unpack it/,
    },
    {
      what: 'a file that was not sent',
      of: 'FROM python:3.10\nCOPY nothing /b\n',
      says: /line 2: COPY: 'nothing' is not in the build context/,
    },
    {
      what: 'the machine’s programs',
      of: 'FROM python:3.10\nCOPY a.tar.gz /usr/bin/\n',
      says: /line 2: COPY to \/usr\/bin: that folder is the machine's own/,
    },
    {
      what: 'a requirements file that is nowhere',
      of: 'FROM python:3.10\nRUN pip install -r r.txt\n',
      says: /line 2: \/r\.txt is not in the image/,
    },
    {
      what: 'an odd option',
      of: 'FROM python:3.10\nRUN pip install --target /x six\n',
      says: /line 2: pip's option '--target'/,
    },
    {
      what: 'nothing to install',
      of: 'FROM python:3.10\nRUN pip install -q\n',
      says: /line 2: 'pip install' names nothing/,
    },
    {
      what: 'pip’s other commands',
      of: 'FROM python:3.10\nRUN pip uninstall -y six\n',
      says: /line 2: 'pip uninstall'/,
    },
    {
      what: 'ONBUILD',
      of: 'FROM python:3.10\nONBUILD RUN pip install six\n',
      says: /line 2: ONBUILD is not interpreted/,
    },
    { what: 'no FROM', of: 'ARG A=1\n', says: /no FROM/ },
    { what: 'something before FROM', of: 'ENV A=1\nFROM python:3.10\n', says: /line 1: ENV comes before FROM/ },
    { what: 'nothing at all', of: '# empty\n', says: /is empty/ },
  ])
    test(`refused with its line: ${what}`, async () => {
      await assert.rejects(
        plan(of, { 'a.tar.gz': '' }),
        (error) => (error instanceof EnvironmentBuildFailed && says.test(error.message)) || assert.fail(String(error)),
      )
    })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EnvironmentBuildFailed } from './environments.ts'
import { imageOf, images } from './images.ts'
import { planOf } from './plan.ts'
import { pythonRequest, satisfies } from './python-version.ts'

const spec = (more: { image?: string; condaFile?: string }) => ({ id: 'e', variables: {}, ...more })

describe('an environment version becomes a plan', () => {
  test('a conda file: Python, pip section, conda packages under their PyPI names', async () => {
    const plan = await planOf(
      spec({
        image: 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04',
        condaFile: `
name: model-env
channels: [conda-forge, pytorch]
dependencies:
  - python=3.8
  - numpy=1.21.2
  - conda-forge::scikit-learn>=1.0,<1.2
  - pytorch=1.13=py3.8_cpu_0
  - cudatoolkit=11.1
  - pip:
    - inference-schema[numpy-support]==1.3.0
    - mlflow==2.22.*
    - --extra-index-url https://packages.example/simple
`,
      }),
      { allowSubstitute: false },
    )
    assert.equal(plan.python.text, 'python=3.8')
    assert.deepEqual(plan.requirements, [
      'numpy==1.21.2.*',
      'scikit-learn>=1.0,<1.2',
      'torch==1.13.*',
      'inference-schema[numpy-support]==1.3.0',
      'mlflow==2.22.*',
      '--extra-index-url https://packages.example/simple',
    ])
    const notes = plan.notes.join('\n')
    assert.match(notes, /channels \(conda-forge, pytorch\) are not read/)
    assert.match(notes, /pytorch is installed from PyPI as torch/)
    assert.match(notes, /cudatoolkit is left out/)
  })

  test('a conda file as JSON, and one without Python takes the image’s', async () => {
    const condaFile = JSON.stringify({ dependencies: ['pip', { pip: ['six'] }] })
    const plan = await planOf(spec({ image: 'python:3.11-slim', condaFile }), { allowSubstitute: false })
    assert.equal(plan.python.text, 'python=3.11')
    assert.deepEqual(plan.requirements, ['pip', 'six'])
  })

  for (const { name, of, says } of [
    { name: 'nothing', of: {}, says: /neither an image nor a conda file/ },
    {
      name: 'an unknown image',
      of: { image: 'nvcr.io/x/y:1' },
      says: /nvcr\.io\/x\/y:1 is not among those that are known/,
    },
    { name: 'no YAML', of: { condaFile: 'a: [b' }, says: /can't be read/ },
    { name: 'a list', of: { condaFile: '- a' }, says: /no mapping/ },
    {
      name: 'a file beside it',
      of: { condaFile: '{dependencies: [{pip: ["-r requirements.txt"]}]}' },
      says: /names a file beside it/,
    },
    {
      name: 'a local package',
      of: { condaFile: '{dependencies: [{pip: ["./wheel.whl"]}]}' },
      says: /names a file beside it/,
    },
    { name: 'an odd option', of: { condaFile: '{dependencies: [{pip: ["--target /etc"]}]}' }, says: /not offered/ },
  ])
    test(`refused: ${name}`, async () => {
      await assert.rejects(
        planOf(spec(of), { allowSubstitute: false }),
        (error) => error instanceof EnvironmentBuildFailed && says.test(error.message),
      )
    })

  for (const { name, pip, constraints } of [
    { name: 'an old scikit-learn', pip: ['scikit-learn==1.0.2', 'numpy'], constraints: ['numpy<2'] },
    { name: 'one that a range keeps old', pip: ['scikit_learn>=1.0,<1.3'], constraints: ['numpy<2'] },
    { name: 'any 1.2', pip: ['scikit-learn~=1.2.0'], constraints: ['numpy<2'] },
    { name: 'a new scikit-learn', pip: ['scikit-learn==1.5.1'], constraints: [] },
    { name: 'one that nothing bounds', pip: ['scikit-learn>=1.0'], constraints: [] },
    {
      name: 'an old scikit-learn beside any mlflow',
      pip: ['scikit-learn~=1.2.2', 'mlflow'],
      constraints: ['numpy<2', 'mlflow<3'],
    },
    { name: 'one whose mlflow is pinned', pip: ['scikit-learn==1.2.2', 'mlflow==3.1.0'], constraints: ['numpy<2'] },
    { name: 'one whose numpy is asked for', pip: ['scikit-learn==1.2.2', 'numpy>=2'], constraints: [] },
    {
      name: 'an old scikit-learn beside any accelerator',
      pip: ['scikit-learn==0.24.2', 'scikit-learn-intelex'],
      constraints: ['numpy<2', 'scikit-learn-intelex<2023'],
    },
    { name: 'azureml-mlflow beside any mlflow', pip: ['mlflow', 'azureml-mlflow'], constraints: ['mlflow<=3.15.0'] },
    { name: 'azureml-mlflow beside a pinned mlflow', pip: ['mlflow==2.9.2', 'azureml-mlflow'], constraints: [] },
  ])
    test(`constraints: ${name}`, async () => {
      const condaFile = JSON.stringify({ dependencies: [{ pip }] })
      const plan = await planOf(spec({ image: 'python:3.10', condaFile }), { allowSubstitute: false })
      assert.deepEqual(plan.constraints, constraints)
      for (const constraint of constraints) assert.ok(plan.notes.join().includes(`constraint ${constraint} is added`))
    })

  test('an unknown image is substituted only where that is allowed, and said', async () => {
    const plan = await planOf(spec({ image: 'nvcr.io/x/y:1' }), { allowSubstitute: true })
    assert.match(plan.notes[0] ?? '', /^SUBSTITUTED: image nvcr/)
  })
})

describe('images', () => {
  for (const row of images)
    test(`${row.example} finds its own row`, () => {
      const packages = imageOf(row.example)?.packages ?? []
      assert.deepEqual(
        packages.map((each) => each.replace(/\d+/g, '')),
        row.packages.map((each) => each.replace(/\$1/g, '.').replace(/\$\d|\d+/g, '')),
      )
    })

  for (const { name, packages } of [
    { name: 'AzureML-acpt-pytorch-2.8-cuda12.6', packages: ['torch~=2.8.0'] },
    { name: 'mcr.microsoft.com/azureml/curated/tensorflow-2.16-cuda12:3', packages: ['tensorflow-cpu~=2.16.0'] },
    { name: 'pytorch/pytorch:2.8.0-cuda12.6-cudnn9-runtime', packages: ['torch==2.8.0'] },
  ])
    test(`${name} is ${packages.join()} at its version`, () =>
      assert.deepEqual(imageOf(name)?.packages.slice(0, 1), packages))

  for (const { name, python } of [
    { name: 'python:3.12', python: '3.12' },
    { name: 'docker.io/library/python:3.9-slim-bookworm', python: '3.9' },
    { name: 'library/python:3.11.6', python: '3.11' },
    { name: 'mcr.microsoft.com/azureml/minimal-ubuntu20.04-py38-cpu-inference:20230306.v3', python: '3.8' },
    { name: 'AzureML-sklearn-1.0-ubuntu20.04-py38-cpu', python: '3.8' },
    { name: 'AzureML-sklearn-1.5', python: '3.10' },
    { name: 'mcr.microsoft.com/azureml/openmpi4.1.0-cuda11.8-cudnn8-ubuntu22.04:latest', python: undefined },
  ])
    test(`${name} is Python ${python ?? 'of the machine'}`, () => {
      const image = imageOf(name)
      assert.ok(image)
      assert.equal(image.python, python)
    })

  for (const name of ['python:2.7', 'evil/python:3.11', 'pytorch/pytorch', 'rocker/tidyverse:latest', 'ubuntu:22.04'])
    test(`${name} is unknown`, () => assert.equal(imageOf(name), undefined))
})

describe('wishes for a Python', () => {
  for (const { wish, yes, no } of [
    { wish: 'python=3.8', yes: ['3.8.18'], no: ['3.9.1', '3.80.0'] },
    { wish: 'python==3.8.13', yes: ['3.8.13', '3.8.18'], no: ['3.9.0'] },
    { wish: 'python>=3.8,<3.11', yes: ['3.8.0', '3.10.13'], no: ['3.11.0', '3.7.16'] },
    { wish: 'python 3.9.*', yes: ['3.9.18'], no: ['3.10.0'] },
    { wish: 'python=3.10.8=h4a9ceb5_0', yes: ['3.10.13'], no: ['3.11.0'] },
    { wish: 'python~=3.9', yes: ['3.9.0', '3.12.1'], no: ['3.8.0'] },
    { wish: 'python', yes: ['3.8.0', '3.13.0'], no: ['3.7.16'] },
    { wish: 'python=banana', yes: [], no: ['3.10.0'] },
  ])
    test(wish, () => {
      for (const version of yes) assert.ok(satisfies(pythonRequest(wish), version), version)
      for (const version of no) assert.ok(!satisfies(pythonRequest(wish), version), version)
    })
})

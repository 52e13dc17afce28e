/** What an image is here: a Python version and packages, since no container engine stands behind it. */
export interface ImageRow {
  /** The repository without registry and tag. */
  readonly repository: RegExp
  /** Matched with the tag, which tells what is in it. */
  readonly tagged?: true
  /** A conda-like wish (`3.10`), a text with `$1` from the match, or none where the image names no Python of its own. */
  readonly python?: string
  /** As pip takes them; `$1` is from the match. */
  readonly packages: readonly string[]
  /** Modules that prove the row. */
  readonly imports: readonly string[]
  /** An image name that stands for the row in its test. */
  readonly example: string
}

/** What the curated training images share. From mlflow 2.19 on, runs that log models ask for more than azureml-mlflow has. */
const training = [
  'azureml-mlflow',
  'mlflow<2.19',
  'matplotlib~=3.5.0',
  'psutil~=5.8.0',
  'tqdm~=4.66.3',
  'py-cpuinfo==5.0.0',
]

/** What the images for deep learning share beside their framework. */
const deep = ['azureml-mlflow', 'mlflow<2.19', 'matplotlib', 'psutil', 'tqdm']

/** The first row that matches counts. */
export const images: readonly ImageRow[] = [
  {
    // No Python is named: the images' own is 3.10, any from 3.8 on does.
    repository: /^azureml\/openmpi[\d.]+(-cuda[\d.]+(-cudnn\d+)?)?-ubuntu[\d.]+$/,
    packages: [],
    imports: ['pip'],
    example: 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest',
  },
  {
    repository: /^azureml\/minimal-(?:ubuntu[\d.]+-)?py3(\d+)(?:-(?:cpu|cuda[\d.]+))*-inference$/,
    python: '3.$1',
    packages: ['azureml-inference-server-http'],
    imports: ['azureml_inference_server_http'],
    example: 'mcr.microsoft.com/azureml/minimal-py312-inference:latest',
  },
  {
    repository: /^azureml\/curated\/sklearn-1\.5(-[\w.-]+)?$/,
    python: '3.10',
    packages: [
      ...['numpy~=1.22.0', 'pandas~=1.5.3', 'scipy~=1.10.0', 'scikit-learn~=1.5.0', 'joblib~=1.2.0'],
      ...training,
    ],
    imports: ['sklearn', 'pandas', 'mlflow', 'azureml.mlflow', 'matplotlib', 'joblib'],
    example: 'mcr.microsoft.com/azureml/curated/sklearn-1.5:latest',
  },
  {
    repository: /^azureml\/curated\/sklearn-1\.0-ubuntu20\.04-py38-cpu$/,
    python: '3.8',
    packages: [
      ...['numpy~=1.22.0', 'pandas~=1.3.0', 'scipy~=1.7.0', 'scikit-learn~=1.0.0', 'joblib~=1.2.0'],
      ...training,
    ],
    imports: ['sklearn', 'pandas', 'mlflow', 'azureml.mlflow', 'matplotlib', 'joblib'],
    example: 'mcr.microsoft.com/azureml/curated/sklearn-1.0-ubuntu20.04-py38-cpu:1',
  },
  {
    repository: /^azureml\/curated\/sklearn-1\.0(-ubuntu20\.04-py39-cpu)?$/,
    python: '3.9',
    packages: [
      ...['numpy~=1.22.0', 'pandas~=1.3.0', 'scipy~=1.10.0', 'scikit-learn~=1.0.0', 'joblib~=1.2.0'],
      ...training,
    ],
    imports: ['sklearn', 'pandas', 'mlflow', 'azureml.mlflow', 'matplotlib', 'joblib'],
    example: 'mcr.microsoft.com/azureml/curated/sklearn-1.0:latest',
  },
  {
    repository: /^azureml\/curated\/lightgbm-3\.[23](-[\w.-]+)?$/,
    python: '3.10',
    packages: [
      ...[
        'numpy~=1.22.0',
        'pandas~=1.5.3',
        'scipy~=1.10.0',
        'scikit-learn~=1.5.1',
        'xgboost~=1.7.6',
        'lightgbm>=4.6.0',
      ],
      ...training,
    ],
    imports: ['lightgbm', 'xgboost', 'sklearn', 'pandas', 'mlflow', 'azureml.mlflow'],
    example: 'mcr.microsoft.com/azureml/curated/lightgbm-3.3:latest',
  },
  {
    // Where the index has a build for CPUs it is taken, else the one that brings CUDA's libraries and runs without a GPU.
    repository: /^azureml\/curated\/acpt-pytorch-(2\.\d+)(?:-py310)?(-[\w.-]+)?$/,
    python: '3.10',
    packages: ['torch~=$1.0', 'torchvision', 'torchaudio', 'pandas', 'tensorboard', ...deep],
    imports: ['torch', 'torchvision', 'mlflow', 'azureml.mlflow', 'matplotlib'],
    example: 'mcr.microsoft.com/azureml/curated/acpt-pytorch-2.8-cuda12.6:latest',
  },
  {
    repository: /^azureml\/curated\/acpt-pytorch-(1\.\d+)-py38(-[\w.-]+)?$/,
    python: '3.8',
    packages: ['torch~=$1.0', 'torchvision', 'torchaudio', 'pandas', 'tensorboard', 'numpy<2', ...deep],
    imports: ['torch', 'torchvision', 'mlflow', 'azureml.mlflow', 'matplotlib'],
    example: 'mcr.microsoft.com/azureml/curated/acpt-pytorch-1.13-py38-cuda11.7-gpu:latest',
  },
  {
    repository: /^azureml\/curated\/tensorflow-(2\.\d+)(-[\w.-]+)?$/,
    python: '3.10',
    packages: ['tensorflow-cpu~=$1.0', 'pandas', 'scikit-learn', ...deep],
    imports: ['tensorflow', 'keras', 'mlflow', 'azureml.mlflow', 'matplotlib'],
    example: 'mcr.microsoft.com/azureml/curated/tensorflow-2.16-cuda12:latest',
  },
  {
    // Bare images: what a conda file or a Dockerfile puts on top is all there is.
    repository:
      /^(azureml\/(base|intelmpi)[\w.-]*|continuumio\/(mini|ana)conda3?|condaforge\/mini(forge|mamba)3?|mambaorg\/micromamba)$/,
    packages: [],
    imports: ['pip'],
    example: 'continuumio/miniconda3:latest',
  },
  {
    tagged: true,
    repository: /^pytorch\/pytorch:(\d+\.\d+)\.(\d+)-[\w.-]+$/,
    packages: ['torch==$1.$2', 'torchvision'],
    imports: ['torch', 'torchvision'],
    example: 'pytorch/pytorch:2.8.0-cuda12.6-cudnn9-runtime',
  },
  {
    tagged: true,
    repository: /^tensorflow\/tensorflow:(\d+\.\d+)\.(\d+)$/,
    packages: ['tensorflow-cpu==$1.$2'],
    imports: ['tensorflow'],
    example: 'tensorflow/tensorflow:2.16.2',
  },
  {
    tagged: true,
    repository: /^python:3\.(\d+)(?:\.\d+)?(?:-[\w.]+)*$/,
    python: '3.$1',
    packages: [],
    imports: ['pip'],
    example: 'python:3.11-slim',
  },
  {
    tagged: true,
    repository: /^python(:(latest|3|slim|bookworm|bullseye|3-slim))?$/,
    packages: [],
    imports: ['pip'],
    example: 'python:latest',
  },
]

/** What an image name stands for. */
export interface Image {
  readonly python?: string
  readonly packages: readonly string[]
}

/**
 * Looks an image up. The registry is dropped; the tag counts where it tells what is in the image, as that of `python`.
 * A curated environment is known by its own name too (`AzureML-sklearn-1.5`).
 */
export function imageOf(name: string): Image | undefined {
  const plain = name
    .replace(/@sha256:[0-9a-f]+$/, '')
    .replace(/^(mcr\.microsoft\.com|docker\.io|registry\.hub\.docker\.com)\//, '')
  const bare = plain.replace(/^library\//, '').replace(/^AzureML-/i, 'azureml/curated/')
  const repository = bare.replace(/:[\w.-]+$/, '')
  for (const row of images) {
    const match = (row.tagged ? bare : repository).match(row.repository)
    if (!match) continue
    const filled = (text: string) => text.replace(/\$(\d)/g, (_all, group) => match[Number(group)] ?? '')
    return { packages: row.packages.map(filled), ...(row.python !== undefined && { python: filled(row.python) }) }
  }
  return undefined
}

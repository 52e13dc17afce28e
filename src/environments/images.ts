/** What an image is here: a Python version and packages, since no container engine stands behind it. */
export interface ImageRow {
  /** The repository without registry and tag. */
  readonly repository: RegExp
  /** A conda-like wish (`3.10`), a text with `$1` from the match, or none where the image names no Python of its own. */
  readonly python?: string
  /** As pip takes them. */
  readonly packages: readonly string[]
  /** Modules that prove the row. */
  readonly imports: readonly string[]
  /** An image name that stands for the row in its test. */
  readonly example: string
}

/** Raise it when a row's meaning changes: environments are found by what is in them, so old ones stay valid. */
export const imageTableVersion = 1

/** What the curated training images share. mlflow stays below 3: azureml-mlflow and newer servers part ways there. */
const training = [
  'azureml-mlflow',
  'mlflow<3',
  'matplotlib~=3.5.0',
  'psutil~=5.8.0',
  'tqdm~=4.66.3',
  'py-cpuinfo==5.0.0',
]

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
    repository: /^python:3\.(\d+)(?:\.\d+)?(?:-[\w.]+)*$/,
    python: '3.$1',
    packages: [],
    imports: ['pip'],
    example: 'python:3.11-slim',
  },
  {
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
 * Looks an image up. The registry is dropped; the tag counts for `python` images alone, whose tag is their Python.
 * A curated environment is known by its own name too (`AzureML-sklearn-1.5`).
 */
export function imageOf(name: string): Image | undefined {
  const plain = name
    .replace(/@sha256:[0-9a-f]+$/, '')
    .replace(/^(mcr\.microsoft\.com|docker\.io|registry\.hub\.docker\.com)\//, '')
  const bare = plain.replace(/^library\//, '').replace(/^AzureML-/i, 'azureml/curated/')
  const repository = bare.replace(/:[\w.-]+$/, '')
  const text = repository === 'python' ? bare : repository
  for (const row of images) {
    const match = text.match(row.repository)
    if (!match) continue
    const python = row.python?.replace('$1', match[1] ?? '')
    return { packages: row.packages, ...(python ? { python } : {}) }
  }
  return undefined
}

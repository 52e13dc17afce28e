/**
 * The environments that Azure's own registry `azureml` has and that run on CPUs, as far as Microsoft's examples name them. What each
 * image is here, a Python and pinned packages, stands in the table of images.
 *
 * Source: names and image repositories as azureml-examples and the `azureml-assets` repository write them.
 */
export interface CuratedEnvironment {
  readonly name: string
  /** The repository below `mcr.microsoft.com/azureml/curated`. */
  readonly image: string
  /** Versions that examples name, oldest first; the last is the latest. */
  readonly versions: readonly string[]
  readonly description: string
}

const upTo = (last: number): readonly string[] => Array.from({ length: last }, (_, at) => String(at + 1))

const tasks = 'tasks such as regression, clustering and classification'
const learning = 'deep learning; here on CPUs'

const trained = (
  name: string,
  { of, last, for: purpose = tasks }: { readonly of: string; readonly last: number; readonly for?: string },
): readonly CuratedEnvironment[] => {
  const description = `An environment with ${of} for ${purpose}.`
  return [
    { name, image: name, versions: upTo(last), description },
    // Workspaces know it by this name.
    { name: `AzureML-${name}`, image: name, versions: upTo(last), description },
  ]
}

const older = (name: string, of: string, last: number): CuratedEnvironment => ({
  name: `AzureML-${name}`,
  image: name,
  versions: upTo(last),
  description: `An environment with ${of}; newer ones have taken its place.`,
})

export const curatedEnvironments: readonly CuratedEnvironment[] = [
  ...trained('sklearn-1.5', { of: 'scikit-learn 1.5', last: 40 }),
  ...trained('sklearn-1.0', { of: 'scikit-learn 1.0', last: 40 }),
  ...trained('lightgbm-3.3', { of: 'LightGBM', last: 70 }),
  ...trained('lightgbm-3.2', { of: 'LightGBM', last: 40 }),
  ...trained('acpt-pytorch-2.8-cuda12.6', { of: 'PyTorch 2.8', last: 20, for: learning }),
  ...trained('acpt-pytorch-2.2-cuda12.1', { of: 'PyTorch 2.2', last: 40, for: learning }),
  ...trained('tensorflow-2.16-cuda12', { of: 'TensorFlow 2.16', last: 30, for: learning }),
  ...trained('tensorflow-2.12-cuda11', { of: 'TensorFlow 2.12', last: 40, for: learning }),
  older('sklearn-1.0-ubuntu20.04-py38-cpu', 'scikit-learn 1.0', 80),
  older('sklearn-1.0-ubuntu20.04-py39-cpu', 'scikit-learn 1.0', 20),
  older('lightgbm-3.2-ubuntu18.04-py37-cpu', 'LightGBM', 60),
  older('lightgbm-3.3-ubuntu20.04-py38-cpu', 'LightGBM', 20),
]

/**
 * The environments that Azure's own registry `azureml` has for CPUs, as far as Microsoft's examples name them. What each
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

const trained = (name: string, of: string, last: number): readonly CuratedEnvironment[] => {
  const description = `An environment with ${of} for tasks such as regression, clustering and classification.`
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
  ...trained('sklearn-1.5', 'scikit-learn 1.5', 40),
  ...trained('sklearn-1.0', 'scikit-learn 1.0', 40),
  ...trained('lightgbm-3.3', 'LightGBM', 70),
  ...trained('lightgbm-3.2', 'LightGBM', 40),
  older('sklearn-1.0-ubuntu20.04-py38-cpu', 'scikit-learn 1.0', 80),
  older('sklearn-1.0-ubuntu20.04-py39-cpu', 'scikit-learn 1.0', 20),
  older('lightgbm-3.2-ubuntu18.04-py37-cpu', 'LightGBM', 60),
  older('lightgbm-3.3-ubuntu20.04-py38-cpu', 'LightGBM', 20),
]

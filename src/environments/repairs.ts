import { boundedBelow, decides, mentions } from './requirement.ts'

/** What a release that came later broke, and the bound that keeps it out. */
export interface Repair {
  /** The package that breaks. */
  readonly package: string
  /** Only versions below this one break; left out, any does whose version nothing bounds. */
  readonly below?: string
  /** Only together with this package. */
  readonly beside?: string
  /** As a constraints file has it. */
  readonly constraint: string
  readonly because: string
}

const numpy1 = 'its wheels were built against numpy 1'

/** Facts of the Python index that the packages' own metadata doesn't tell. */
export const repairs: readonly Repair[] = [
  { package: 'scikit-learn', below: '1.4.2', constraint: 'numpy<2', because: numpy1 },
  { package: 'pandas', below: '2.2.2', constraint: 'numpy<2', because: numpy1 },
  { package: 'scipy', below: '1.13', constraint: 'numpy<2', because: numpy1 },
  { package: 'matplotlib', below: '3.8.4', constraint: 'numpy<2', because: numpy1 },
  { package: 'torch', below: '2.3', constraint: 'numpy<2', because: numpy1 },
  { package: 'opencv-python', below: '4.10', constraint: 'numpy<2', because: numpy1 },
  { package: 'opencv-python-headless', below: '4.10', constraint: 'numpy<2', because: numpy1 },
  { package: 'tensorflow', below: '2.9', constraint: 'protobuf<3.21', because: 'its modules were made by protobuf 3' },
  { package: 'flask', below: '2.3', constraint: 'werkzeug<3', because: 'it uses names that werkzeug 3 took away' },
  {
    package: 'jinja2',
    below: '3.0',
    constraint: 'markupsafe<2.1',
    because: 'it uses a name that markupsafe took away',
  },
  {
    package: 'scikit-learn',
    below: '1.4.2',
    beside: 'mlflow',
    constraint: 'mlflow<3',
    because: 'a later mlflow saves its models in a format that refuses them',
  },
  {
    package: 'scikit-learn',
    below: '1.0',
    beside: 'scikit-learn-intelex',
    constraint: 'scikit-learn-intelex<2023',
    because: 'a later scikit-learn-intelex uses names that came with scikit-learn 1',
  },
  {
    package: 'mlflow',
    beside: 'azureml-mlflow',
    constraint: 'mlflow<=3.15.0',
    because: 'a later mlflow makes the resolver take an azureml-mlflow that is too old for it',
  },
]

/** The constraints that a set of requirement lines needs, with the words that the build's log has for each. */
export function repairsFor(lines: readonly string[]): {
  readonly constraints: readonly string[]
  readonly notes: readonly string[]
} {
  const needed = repairs.filter(
    ({ package: name, below, beside, constraint }) =>
      (below === undefined ? mentions(lines, name) && !boundedBelow(lines, name) : boundedBelow(lines, name, below)) &&
      (beside === undefined || mentions(lines, beside)) &&
      !decides(lines, constraint),
  )
  const constraints = [...new Set(needed.map(({ constraint }) => constraint))]
  return {
    constraints,
    notes: constraints.map((constraint) => {
      const why = needed.filter((each) => each.constraint === constraint)
      return `constraint ${constraint} is added for ${why.map((each) => each.package).join(', ')}: ${why[0]?.because}`
    }),
  }
}

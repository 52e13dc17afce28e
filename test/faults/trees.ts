import type { TestServer } from '../support/server.ts'
import { until } from '../support/server.ts'
import type { Place } from './load.ts'
import type { Random } from './random.ts'
import { sideBySide } from './side-by-side.ts'

const VERSION = 'api-version=2024-01-01-preview'
const final = new Set(['Completed', 'Failed', 'Canceled'])

interface Tree {
  readonly name: string
  /** How often each step or trial is to run, by its display name. */
  readonly runs: Readonly<Record<string, number>>
  acknowledged: boolean
  /** It was seen to be over: what it has become is looked at once more at the end. */
  over: boolean
}

/** Submits pipelines and sweeps while the server is killed: each step and each trial is to run exactly as often as it should. */
export class Trees {
  readonly #trees: Tree[] = []
  readonly #place: Place

  constructor(place: Place) {
    this.#place = place
  }

  get count(): number {
    return this.#trees.length
  }

  static async components(server: TestServer, place: Place): Promise<void> {
    const environment = `azureml:${place.workspace}/environments/plain/versions/1`
    for (const [name, spec] of Object.entries({
      makes: {
        outputs: { out: { type: 'uri_folder' } },
        command: 'echo "$AZUREML_RUN_ID" > ${{outputs.out}}/made; sleep 0.2',
      },
      takes: { inputs: { data: { type: 'uri_folder' } }, command: 'cat ${{inputs.data}}/made' },
    })) {
      await server.ask(`${place.workspace}/components/${name}/versions/1?${VERSION}`, {
        method: 'PUT',
        // Not deterministic: each pipeline's steps are to run, none to be reused.
        body: {
          properties: { componentSpec: { name, type: 'command', environment, is_deterministic: false, ...spec } },
        },
      })
    }
  }

  async submit(server: TestServer, random: Random): Promise<void> {
    const tree: Tree = random.pick([true, false]) ? this.#pipeline(random) : this.#sweep(random)
    this.#trees.push(tree)
    const answer = await server.ask(`${this.#place.workspace}/jobs/${tree.name}?${VERSION}`, {
      method: 'PUT',
      body: { properties: { experimentName: 'faults', ...this.#body(tree) } },
    })
    if (answer.status >= 400) throw new Error(`a tree of jobs was refused: ${answer.status} ${answer.text}`)
    tree.acknowledged = true
  }

  /** After a restart: what was acknowledged is there. */
  async compare(server: TestServer): Promise<string[]> {
    const wrong: string[] = []
    const open = this.#trees.filter(({ over }) => !over)
    await sideBySide(open, async (tree) => {
      const answer = await server.ask(`${this.#place.workspace}/jobs/${tree.name}?${VERSION}`)
      if (answer.status === 404 && tree.acknowledged) wrong.push(`${tree.name}: acknowledged, and gone`)
      if (answer.status !== 200) return
      tree.acknowledged = true
      tree.over = final.has(answer.json.properties.status)
    })
    return wrong
  }

  /** At the end: each tree is completed, with as many runs of each step as it should have, all completed. */
  async settle(server: TestServer): Promise<string[]> {
    const wrong: string[] = []
    for (const { name, runs } of this.#trees.filter(({ acknowledged }) => acknowledged)) {
      const history = `/history/v1.0${this.#place.workspace}/runs/${name}`
      const details = await until(
        `${name} is over`,
        async () => {
          const { json } = await server.ask(`${history}/details?api-version=v1.0`)
          return final.has(json.status) && json
        },
        300_000,
      )
      if (details.status !== 'Completed')
        wrong.push(`${name}: ended ${details.status}: ${JSON.stringify(details.error)}`)
      const { json } = await server.ask(`${history}/children?api-version=v1.0`)
      const seen: Record<string, number> = {}
      for (const child of json.value) {
        seen[child.displayName] = (seen[child.displayName] ?? 0) + 1
        if (child.status !== 'Completed') wrong.push(`${name}: ${child.displayName} is ${child.status}`)
        const running = child.startTimeUtc === null
        if (running) wrong.push(`${name}: ${child.displayName} never ran`)
      }
      const [is, should] = [seen, runs].map((each) => JSON.stringify(Object.entries(each).sort()))
      if (is !== should) wrong.push(`${name}: its runs are ${is}, and should be ${should}`)
    }
    return wrong
  }

  #pipeline(random: Random): Tree {
    return {
      name: `p${this.#trees.length}-${random.whole(0, 1e6)}`,
      runs: { a: 1, b: 1, c: 1 },
      acknowledged: false,
      over: false,
    }
  }

  #sweep(random: Random): Tree {
    const name = `s${this.#trees.length}-${random.whole(0, 1e6)}`
    return { name, runs: { trial_0: 1, trial_1: 1, trial_2: 1 }, acknowledged: false, over: false }
  }

  #body({ name }: Tree): object {
    const { workspace } = this.#place
    const computeId = `${workspace}/computes/cpu-cluster`
    if (name.startsWith('s')) {
      return {
        jobType: 'Sweep',
        computeId,
        searchSpace: { x: ['choice', [[1, 2, 3]]] },
        samplingAlgorithm: { samplingAlgorithmType: 'Grid' },
        objective: { goal: 'Maximize', primaryMetric: 'none' },
        limits: { jobLimitsType: 'Sweep', maxConcurrentTrials: 2, maxTotalTrials: 9 },
        trial: {
          command: 'echo ${{search_space.x}}; sleep 0.2',
          environmentId: `${workspace}/environments/plain/versions/1`,
        },
      }
    }
    const node = (component: string, from?: string) => ({
      type: 'command',
      componentId: `${workspace}/components/${component}/versions/1`,
      ...(from && { inputs: { data: { job_input_type: 'literal', value: `\${{parent.jobs.${from}.outputs.out}}` } } }),
    })
    return {
      jobType: 'Pipeline',
      settings: { default_compute: computeId },
      jobs: { a: node('makes'), b: node('takes', 'a'), c: node('takes', 'a') },
    }
  }
}

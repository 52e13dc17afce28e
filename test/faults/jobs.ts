import type { TestServer } from '../support/server.ts'
import { until } from '../support/server.ts'
import { type Place, STORAGE } from './load.ts'
import type { Random } from './random.ts'
import { sideBySide } from './side-by-side.ts'

const VERSION = 'api-version=2023-10-01'
const final = new Set(['Completed', 'Failed', 'Canceled'])

interface Job {
  readonly name: string
  readonly exitCode: number
  /** An in-flight submission may have arrived or not. */
  acknowledged: boolean
  /** The last state that was read: one that was final must stay. */
  seen: string
}

/** Submits jobs while the server is killed, and knows what must become of them. */
export class Jobs {
  readonly #jobs: Job[] = []
  readonly #place: Place

  constructor(place: Place) {
    this.#place = place
  }

  get count(): number {
    return this.#jobs.length
  }

  static async environment(server: TestServer, place: Place): Promise<void> {
    const body = { properties: { image: 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04' } }
    await server.ask(`${place.workspace}/environments/plain/versions/1?${VERSION}`, { method: 'PUT', body })
  }

  async submit(server: TestServer, random: Random): Promise<void> {
    const exitCode = random.pick([0, 0, 0, 3])
    const job: Job = { name: `f${this.#jobs.length}-${random.whole(0, 1e6)}`, exitCode, acknowledged: false, seen: '' }
    this.#jobs.push(job)
    const workspace = this.#place.workspace
    const answer = await server.ask(`${workspace}/jobs/${job.name}?${VERSION}`, {
      method: 'PUT',
      body: {
        properties: {
          jobType: 'Command',
          experimentName: 'faults',
          command: `echo begins ${job.name}; sleep ${random.pick(['0', '0.3', '1', '3'])}; echo ends ${job.name}; exit ${exitCode}`,
          environmentId: `${workspace}/environments/plain/versions/1`,
          computeId: `${workspace}/computes/cpu-cluster`,
        },
      },
    })
    if (answer.status >= 400) throw new Error(`a job was refused: ${answer.status} ${answer.text}`)
    job.acknowledged = true
  }

  /** After a restart: what was acknowledged is there, and what was over is over still. */
  async compare(server: TestServer): Promise<string[]> {
    const wrong: string[] = []
    const open = this.#jobs.filter(({ seen }) => !final.has(seen))
    await sideBySide(open, async (job) => {
      const status = await this.#status(server, job)
      if (status === undefined && job.acknowledged) wrong.push(`job ${job.name}: acknowledged, and gone`)
      if (status !== undefined) {
        job.acknowledged = true
        job.seen = status
      }
    })
    return wrong
  }

  /** At the end: every job is over, with the outcome that its command has, and its log tells that it ran once. */
  async settle(server: TestServer): Promise<string[]> {
    const wrong: string[] = []
    const token = await server.token({ resource: STORAGE })
    for (const job of this.#jobs.filter(({ acknowledged }) => acknowledged)) {
      const was = job.seen
      const status = await until(
        `job ${job.name} is over`,
        async () => {
          const now = await this.#status(server, job)
          return now !== undefined && final.has(now) && now
        },
        300_000,
      )
      if (final.has(was) && was !== status) wrong.push(`job ${job.name}: was ${was}, is ${status}`)
      const wanted = job.exitCode === 0 ? 'Completed' : 'Failed'
      const details = await server.ask(
        `/history/v1.0${this.#place.workspace}/runs/${job.name}/details?api-version=v1.0`,
      )
      if (status !== wanted) {
        wrong.push(
          `job ${job.name}: ended ${status}, its command ends ${wanted}: ${JSON.stringify(details.json.error)}`,
        )
        continue
      }
      const url = new URL(details.json.logFiles['user_logs/std_log.txt'])
      const log = (await server.ask(url.pathname + url.search, { token })).text.split('\n')
      const lines = log.filter((line) => line === `begins ${job.name}` || line === `ends ${job.name}`)
      if (lines.join() !== `begins ${job.name},ends ${job.name}`)
        wrong.push(`job ${job.name}: its log says ${JSON.stringify(lines)}`)
    }
    return wrong
  }

  async #status(server: TestServer, job: Job): Promise<string | undefined> {
    const answer = await server.ask(`${this.#place.workspace}/jobs/${job.name}?${VERSION}`)
    if (answer.status === 404) return undefined
    if (answer.status !== 200) throw new Error(`a job can't be read: ${answer.status} ${answer.text}`)
    return answer.json.properties.status
  }
}

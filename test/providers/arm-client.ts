import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { checkResponse } from '../support/contract.ts'
import { type Answer, type TestServer, until } from '../support/server.ts'

export const ML = 'Microsoft.MachineLearningServices'

/** Verbs of the resource manager against a real server, each with the version of the API that its type is asked in. */
export class ArmClient {
  readonly server: TestServer
  /** The group that a first start makes. */
  readonly group: string
  readonly workspace: string

  constructor(server: TestServer) {
    this.server = server
    this.group = `/subscriptions/${server.facts.subscriptionId}/resourceGroups/lazuli`
    this.workspace = `${this.group}/providers/${ML}/workspaces/default`
  }

  get subscription(): string {
    return `/subscriptions/${this.server.facts.subscriptionId}`
  }

  get = (path: string, query = ''): Promise<Answer> => this.#ask('GET', path, query)
  put = (path: string, body: object, query = ''): Promise<Answer> => this.#ask('PUT', path, query, body)
  patch = (path: string, body: object): Promise<Answer> => this.#ask('PATCH', path, '', body)
  post = (path: string, body: object = {}): Promise<Answer> => this.#ask('POST', path, '', body)
  remove = (path: string, query = ''): Promise<Answer> => this.#ask('DELETE', path, query)

  /** A PUT that must come true: answers what a GET then shows. */
  async made(path: string, body: object, withinMs?: number): Promise<Answer['json']> {
    const answer = await this.put(path, body)
    assert.ok(answer.status < 300, `${answer.status} ${answer.text}`)
    await this.ended(answer, withinMs)
    const shown = await this.get(path)
    assert.equal(shown.status, 200, shown.text)
    return shown.json
  }

  /** A DELETE that must come true. */
  async gone(path: string, query = ''): Promise<void> {
    const answer = await this.remove(path, query)
    assert.ok(answer.status < 300, `${answer.status} ${answer.text}`)
    await this.ended(answer)
  }

  /** What an operation ended with, by its Location; the answer itself where there is none to follow. */
  async ended(answer: Answer, withinMs?: number): Promise<Answer> {
    const location = answer.headers['azure-asyncoperation']
    if (answer.status >= 400 || typeof location !== 'string') return answer
    const url = new URL(location)
    return until(
      'the operation is over',
      async () => {
        const now = await this.server.ask(url.pathname + url.search)
        return now.json.status !== 'InProgress' && now
      },
      withinMs,
    )
  }

  /** The code and sentence that a PUT was refused with, at once or by its operation. */
  async refusal(path: string, body: object, query = ''): Promise<{ code: string; message: string }> {
    const ended = await this.ended(await this.put(path, body, query))
    assert.ok(ended.json.error, `not refused: ${ended.status} ${ended.text}`)
    return ended.json.error
  }

  /** Asks, and holds the answer against the contract of the version that was asked. */
  async #ask(method: string, path: string, query: string, body?: object): Promise<Answer> {
    const mark = path.includes('?') ? '&' : '?'
    const target = `${path}${mark}api-version=${versionOf(path)}${query}`
    const answer = await this.server.ask(target, { method, ...(body !== undefined && { body }) })
    checkResponse(method, target, answer.status, answer.text === '' ? undefined : answer.json)
    return answer
  }
}

const versionOf = (path: string): string =>
  (
    [
      [/Microsoft\.MachineLearningServices/, '2023-10-01'],
      [/Microsoft\.Storage/, '2022-09-01'],
      [/Microsoft\.KeyVault/, '2023-07-01'],
      [/Microsoft\.ContainerRegistry/, '2023-07-01'],
      [/Microsoft\.Insights/, '2020-02-02'],
      [/Microsoft\.OperationalInsights/, '2021-06-01'],
      [/Microsoft\.ManagedIdentity/, '2018-11-30'],
    ] as const
  ).find(([namespace]) => namespace.test(path))?.[1] ?? '2021-04-01'

/** The files below a data directory in which a text stands, whatever they are: databases, their logs, plain files. */
export function filesWith(directory: string, text: string): string[] {
  const bytes = Buffer.from(text)
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const path = join(directory, name)
    return statSync(path).isFile() && readFileSync(path).includes(bytes)
  })
}

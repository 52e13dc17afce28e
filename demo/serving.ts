import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openProgress, type Stage, Unexpected } from './stage.ts'
import { expect, type Resource, type Step } from './walk.ts'

const here = import.meta.dirname
const WORKSPACE_PATH =
  '/subscriptions/<YOUR-SUBSCRIPTION-ID>/resourceGroups/<YOUR-RESOURCE-GROUP>/providers/Microsoft.MachineLearningServices/workspaces/<YOUR-WORKSPACE-NAME>'
const WORKSPACE = `https://management.azure.com${WORKSPACE_PATH}`
const ENDPOINT = `${WORKSPACE}/onlineEndpoints/<YOUR-ENDPOINT-NAME>`
const VERSION = 'api-version=2023-10-01'
const AUTH = `-H 'Authorization: Bearer <YOUR-ACCESS-TOKEN>'`
const JSON_BODY = `-H 'Content-Type: application/json'`
const SCORE_URL = 'https://<YOUR-ENDPOINT-NAME>.<AZURE-LOCATION>.inference.ml.azure.com/score'
/** A flower of each species, by its place in the file. */
const FLOWERS = [1, 51, 101]
const ASKED = 60

/** The model that the job trained is served: two deployments answer for it, and share what is asked. */
export const serving: readonly Step[] = [
  { name: 'make an endpoint', play: makeEndpoint },
  { name: 'deploy the model', play: (stage) => deploy(stage, 'blue') },
  { name: 'score real flowers', play: scoreFlowers },
  { name: 'split the traffic', play: splitTraffic },
  { name: 'delete the endpoint', play: deleteEndpoint },
]

const endpoint = (traffic: object) => ({ location: '<AZURE-LOCATION>', properties: { authMode: 'Key', traffic } })

async function makeEndpoint(stage: Stage): Promise<void> {
  await stage.ask(put(`${ENDPOINT}?${VERSION}`, endpoint({})), 200, 201)
  const keys = await stage.askQuietly(`curl -X POST '${ENDPOINT}/listKeys?${VERSION}' ${AUTH} -d ''`, 200)
  stage.values['YOUR-ENDPOINT-KEY'] = keys.json<{ primaryKey: string }>().primaryKey
  stage.hide(stage.values['YOUR-ENDPOINT-KEY'])
}

/** An MLflow model needs no script; the environment is the one that the job ran in. */
async function deploy(stage: Stage, name: string): Promise<void> {
  const url = `${ENDPOINT}/deployments/${name}?${VERSION}`
  const body = {
    location: '<AZURE-LOCATION>',
    sku: { name: 'Default', capacity: 1 },
    properties: {
      endpointComputeType: 'Managed',
      instanceType: 'Standard_DS3_v2',
      model: `${WORKSPACE_PATH}/models/iris/versions/1`,
      environmentId: `${WORKSPACE_PATH}/environments/iris/versions/1`,
      requestSettings: { requestTimeout: 'PT60S', maxConcurrentRequestsPerInstance: 8, maxQueueWait: 'PT60S' },
    },
  }
  await stage.ask(put(url, body), 200, 201)
  const state = await stage.poll(
    `curl '${url}' ${AUTH}`,
    (answer) => {
      const { provisioningState } = answer.json<Resource>().properties ?? {}
      return ['Succeeded', 'Failed', 'Canceled'].includes(String(provisioningState)) ? provisioningState : undefined
    },
    `deployment ${name}`,
  )
  expect(state === 'Succeeded', `the deployment ${name} answers`)
}

async function scoreFlowers(stage: Stage): Promise<void> {
  await stage.ask(put(`${ENDPOINT}?${VERSION}`, endpoint({ blue: 100 })), 200, 201)
  const lines = (await readFile(join(here, 'iris.csv'), 'utf8')).trim().split('\n')
  const rows = FLOWERS.map((at) => (lines[at] ?? '').split(','))
  stage.values.FLOWERS = JSON.stringify({ input_data: rows.map((row) => row.slice(0, 4).map(Number)) })
  const said = (await stage.ask(score(), 200)).json<readonly string[]>()
  const species = rows.map((row) => row[4])
  expect(JSON.stringify(said) === JSON.stringify(species), `the model knows them: ${said.join(', ')}`)
  await stage.ask(`curl -X POST '${SCORE_URL}' -H 'Authorization: Bearer nope' -d '{}'`, 401)
}

const score = (): string =>
  `curl -X POST '${SCORE_URL}' -H 'Authorization: Bearer <YOUR-ENDPOINT-KEY>' ${JSON_BODY} -d '<FLOWERS>'`

async function splitTraffic(stage: Stage): Promise<void> {
  await deploy(stage, 'green')
  await stage.ask(put(`${ENDPOINT}?${VERSION}`, endpoint({ blue: 70, green: 30 })), 200, 201)
  const counts: Record<string, number> = { blue: 0, green: 0 }
  const progress = openProgress('asking')
  const start = Date.now()
  for (let asked = 0; asked < ASKED; asked++) {
    const answer = await stage.askQuietly(score(), 200)
    const name = answer.headers.get('azureml-model-deployment') ?? ''
    counts[name] = (counts[name] ?? 0) + 1
    progress.show(Date.now() - start)
  }
  progress.end()
  stage.note(`of ${ASKED} requests blue answered ${counts.blue}, green ${counts.green}`)
  // So few that all go one way are less likely than one in a billion.
  expect(Object.keys(counts).length === 2 && !Object.values(counts).includes(0), 'both deployments answer')
}

async function deleteEndpoint(stage: Stage): Promise<void> {
  const asked = await stage.ask(`curl -X DELETE '${ENDPOINT}?${VERSION}' ${AUTH}`, 200, 202)
  const location = asked.headers.get('location')
  if (asked.status === 202 && !location) throw new Unexpected('the answer has no Location')
  await stage.poll(
    `curl '${ENDPOINT}?${VERSION}' ${AUTH}`,
    ({ status }) => (status === 404 ? true : undefined),
    'the endpoint with its deployments',
  )
  await stage.ask(score(), 404)
}

/** Single quotes close a shell's quoting: none of these bodies may hold one. */
function put(url: string, body: object): string {
  return `curl -X PUT '${url}' \\\n  ${AUTH} ${JSON_BODY} \\\n  -d '${JSON.stringify(body)}'`
}

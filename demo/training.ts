import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { article } from './article.ts'
import { serving } from './serving.ts'
import { openProgress, type Stage, Unexpected } from './stage.ts'
import { expect, finished, type List, type Resource, type Step } from './walk.ts'

const here = import.meta.dirname
const WORKSPACE_PATH =
  '/subscriptions/<YOUR-SUBSCRIPTION-ID>/resourceGroups/<YOUR-RESOURCE-GROUP>/providers/Microsoft.MachineLearningServices/workspaces/<YOUR-WORKSPACE-NAME>'
const WORKSPACE = `https://management.azure.com${WORKSPACE_PATH}`
const REGIONAL = 'https://<REGIONAL-API-SERVER>'
const VERSION = 'api-version=2023-10-01'
const AUTH = `-H 'Authorization: Bearer <YOUR-ACCESS-TOKEN>'`
const JSON_BODY = `-H 'Content-Type: application/json'`

/** Names no Python version: whichever of 3.10 to 3.13 the machine has will do. */
const condaFile = `name: iris
dependencies:
  - pip:
      - scikit-learn==1.6.1
      - numpy==2.2.6
      - scipy==1.15.3
      - pandas==2.2.3
      - mlflow-skinny==2.22.5
      - azureml-mlflow==1.62.0.post6
`

/** Where the article stops: a script and a data set go up, a job trains a model, the model is found and deleted. */
export const training: readonly Step[] = [
  { name: 'upload the training script', play: uploadCode },
  { name: 'upload the data', play: uploadData },
  { name: 'register the environment', play: registerEnvironment },
  { name: 'submit the job', play: submitJob },
  { name: 'follow the job', play: followJob },
  { name: 'read its metrics', play: readMetrics },
  { name: 'find the model registered', play: findModel },
  ...serving,
  { name: 'delete the model', play: deleteModel },
  { name: 'delete everything', play: deleteEverything },
]

/** Names an operating system, not a Python version: the conda file adds what the script needs to any Python here. */
const IMAGE = 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04'

async function uploadCode(stage: Stage): Promise<void> {
  const script = await readFile(join(here, 'train.py'))
  stage.values['CODE-VERSION'] = createHash('sha256').update(script).digest('hex').slice(0, 12)
  const version = `${WORKSPACE}/codes/train/versions/<CODE-VERSION>`
  const pending = (
    await stage.ask(
      `curl -X POST '${version}/startPendingUpload?${VERSION}' ${AUTH} ${JSON_BODY} -d '{"pendingUploadType": "TemporaryBlobReference"}'`,
      200,
    )
  ).json<{ blobReferenceForConsumption: { blobUri: string; credential: { sasUri: string } } }>()
  const { blobUri, credential } = pending.blobReferenceForConsumption
  const [container = '', sas = ''] = credential.sasUri.split('?')
  stage.hide(new URLSearchParams(sas).get('sig')?.replaceAll('+', '%2B') ?? '')
  await stage.ask(
    `curl -X PUT '${container}/src/train.py?${sas}' -H 'x-ms-blob-type: BlockBlob' --data-binary @'${join(here, 'train.py')}'`,
    201,
  )
  await stage.ask(put(`${version}?${VERSION}`, { properties: { codeUri: `${blobUri}/src` } }), 200, 201)
}

async function uploadData(stage: Stage): Promise<void> {
  const { properties = {} } = (
    await stage.ask(get(`${WORKSPACE}/datastores/workspaceblobstore?${VERSION}`), 200)
  ).json<Resource>()
  const token = await stage.ask(article.token.replace('management.azure.com', 'storage.azure.com'), 200)
  stage.values['STORAGE-TOKEN'] = token.json<{ access_token: string }>().access_token
  stage.hide(stage.values['STORAGE-TOKEN'])
  await stage.ask(
    `curl -X PUT 'https://${properties.accountName}.blob.core.windows.net/${properties.containerName}/iris/iris.csv' \\
  -H 'Authorization: Bearer <STORAGE-TOKEN>' -H 'x-ms-version: 2023-11-03' -H 'x-ms-blob-type: BlockBlob' -H 'Content-Type: text/csv' \\
  --data-binary @'${join(here, 'iris.csv')}'`,
    201,
  )
  const dataUri = 'azureml://datastores/workspaceblobstore/paths/iris/iris.csv'
  await stage.ask(
    put(`${WORKSPACE}/data/iris/versions/1?${VERSION}`, { properties: { dataType: 'uri_file', dataUri } }),
    200,
    201,
  )
}

async function registerEnvironment(stage: Stage): Promise<void> {
  await stage.ask(
    put(`${WORKSPACE}/environments/iris/versions/1?${VERSION}`, { properties: { image: IMAGE, condaFile } }),
    200,
    201,
  )
}

async function submitJob(stage: Stage): Promise<void> {
  const job = {
    properties: {
      jobType: 'Command',
      displayName: 'iris',
      experimentName: 'iris',
      command: 'python train.py --data ${{inputs.data}} --model-name iris',
      codeId: `${WORKSPACE_PATH}/codes/train/versions/<CODE-VERSION>`,
      environmentId: `${WORKSPACE_PATH}/environments/iris/versions/1`,
      computeId: `${WORKSPACE_PATH}/computes/<YOUR-COMPUTE-NAME>`,
      inputs: { data: { jobInputType: 'uri_file', uri: `${WORKSPACE_PATH}/data/iris/versions/1` } },
    },
  }
  const made = (await stage.ask(put(`${WORKSPACE}/jobs/iris-1?${VERSION}`, job), 201)).json<Resource>()
  expect(!final.has(String(made.properties?.status)), 'a job just submitted is not over')
}

const final = new Set(['Completed', 'Failed', 'Canceled'])

interface Details {
  readonly status: string
  readonly logFiles?: Readonly<Record<string, string>>
  readonly error?: unknown
}

async function followJob(stage: Stage): Promise<void> {
  const details = get(`${REGIONAL}/history/v1.0${WORKSPACE_PATH}/runs/iris-1/details?api-version=v1.0`)
  let seen = (await stage.ask(details, 200)).json<Details>()
  let status = ''
  let read = 0
  const start = Date.now()
  let progress = openProgress('the job')
  for (;;) {
    if (seen.status !== status) {
      progress.end()
      status = seen.status
      console.log(`  [${((Date.now() - start) / 1000).toFixed(1).padStart(5)} s] ${status}`)
      progress = openProgress(
        `${status.toLowerCase()}${status === 'Preparing' ? ' (the first job builds its environment)' : ''}`,
      )
    }
    const url = seen.logFiles?.['user_logs/std_log.txt']
    const news = url ? await readLog(stage, url, read) : Buffer.alloc(0)
    if (news.length > 0) {
      progress.end()
      process.stdout.write(news.toString().replace(/^(?=.)/gm, '  | '))
      read += news.length
    }
    if (final.has(status)) break
    if (Date.now() - start > 1_200_000) throw new Unexpected('the job is not over after 20 minutes')
    progress.show(Date.now() - start)
    await new Promise((resolve) => setTimeout(resolve, 400))
    seen = (await stage.askQuietly(details, 200)).json<Details>()
  }
  expect(status === 'Completed', `the job is Completed, not ${status}: ${JSON.stringify(seen.error)}`)
  expect(read > 0, 'the job has written a log')
}

/** What a log holds beyond `from`. A blob that has grown no further answers 416. */
async function readLog(stage: Stage, url: string, from: number): Promise<Buffer> {
  const answer = await stage.askQuietly(`curl -H 'x-ms-range: bytes=${from}-' '${url}'`, 200, 206, 416, 404)
  return answer.status === 206 || (answer.status === 200 && from === 0) ? Buffer.from(answer.text) : Buffer.alloc(0)
}

async function readMetrics(stage: Stage): Promise<void> {
  const url = `${REGIONAL}/mlflow/v2.0${WORKSPACE_PATH}/api/2.0/mlflow/runs/get?run_id=iris-1`
  const { run } = (await stage.ask(get(url), 200)).json<{ run: { data: { metrics?: readonly Metric[] } } }>()
  const metrics = run.data.metrics ?? []
  for (const { key, value } of metrics) console.log(`  ${key.padEnd(16)} ${value}`)
  const accuracy = metrics.find(({ key }) => key === 'test_accuracy')?.value ?? 0
  expect(accuracy > 0.9, `the job has logged a test accuracy over 0.9 (${accuracy})`)
}

interface Metric {
  readonly key: string
  readonly value: number
}

async function findModel(stage: Stage): Promise<void> {
  const { value } = (await stage.ask(article.models, 200)).json<List>()
  const model = value.find(({ name }) => name === 'iris')
  expect(model !== undefined, 'the list holds the model that the job registered')
  stage.values['YOUR-MODEL-ID'] = model.id
  const version = (await stage.ask(get(`${WORKSPACE}/models/iris/versions/1?${VERSION}`), 200)).json<Resource>()
  expect(version.properties?.modelType === 'mlflow_model', 'Azure Resource Manager shows the same model')
}

async function deleteModel(stage: Stage): Promise<void> {
  await stage.ask(article.deleteModel, 200, 204)
  const { value } = (await stage.ask(article.models, 200)).json<List>()
  expect(!value.some(({ name }) => name === 'iris'), 'the model is gone')
}

async function deleteEverything(stage: Stage): Promise<void> {
  const group =
    'https://management.azure.com/subscriptions/<YOUR-SUBSCRIPTION-ID>/resourceGroups/<YOUR-RESOURCE-GROUP>?api-version=2021-04-01'
  const asked = await stage.ask(`curl -X DELETE '${group}' ${AUTH}`, 202)
  const location = asked.headers.get('location')
  if (!location) throw new Unexpected('the answer has no Location')
  await stage.poll(get(location), finished, 'the group and all in it')
  await stage.ask(get(group), 404)
}

function get(url: string): string {
  return `curl '${url}' ${AUTH}`
}

/** Single quotes close a shell's quoting: none of these bodies may hold one. */
function put(url: string, body: object): string {
  return `curl -X PUT '${url}' \\\n  ${AUTH} ${JSON_BODY} \\\n  -d '${JSON.stringify(body)}'`
}

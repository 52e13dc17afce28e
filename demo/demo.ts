/** `npm run demo`: Microsoft's article with the real curl on a server of its own, then a job that really trains. */
import { openCurl } from './curl.ts'
import { startThrowAwayServer } from './server.ts'
import { openStage } from './stage.ts'
import { training } from './training.ts'
import { walk } from './walk.ts'

const began = Date.now()
const steps = [...walk, ...training]
const times: { name: string; seconds: number; result: string }[] = []

console.log('Starting a throw-away server …')
const server = await startThrowAwayServer()
const curl = await openCurl(server.environment)
times.push({ name: 'start the server', seconds: since(began), result: 'ok' })
console.log(`It listens on ${server.url}; isolation of jobs: ${server.isolation}.`)

const environment = server.environment
const name = `demo${Date.now().toString(36)}`
const stage = openStage(curl, {
  'YOUR-TENANT-ID': environment.LAZULI_TENANT ?? '',
  'YOUR-CLIENT-ID': environment.LAZULI_CLIENT_ID ?? '',
  'YOUR-CLIENT-SECRET': environment.LAZULI_CLIENT_SECRET ?? '',
  'YOUR-SUBSCRIPTION-ID': environment.SUBSCRIPTION_ID ?? '',
  'YOUR-RESOURCE-GROUP': 'the-article',
  'AZURE-LOCATION': 'eastus',
  'YOUR-NEW-WORKSPACE-NAME': 'my-workspace',
  'YOUR-WORKSPACE-FRIENDLY-NAME': 'My workspace',
  'YOUR-WORKSPACE-DESCRIPTION': 'Made by the demo',
  'YOUR-REGISTRY-NAME': `${name}cr`,
  'YOUR-KEYVAULT-NAME': `${name}kv`,
  'YOUR-VAULT': `${name}kv2`,
  'YOUR-KEY': 'key',
  'YOUR-KEY-VERSION': '00000000000000000000000000000000',
  'YOUR-APPLICATION-INSIGHTS-NAME': `${name}ai`,
  'YOUR-STORAGE-ACCOUNT-NAME': `${name}st`,
  'YOUR-MANAGED-IDENTITY': 'my-identity',
  'YOUR-COMPUTE-NAME': 'one-node',
  'YOUR-ENDPOINT-NAME': 'iris-flowers',
  ADMIN_USERNAME: 'azureuser',
  ADMIN_PASSWORD: 'not-Shown-Again-7',
})
stage.hide(environment.LAZULI_CLIENT_SECRET ?? '')
stage.hide('not-Shown-Again-7')

let failure: unknown
try {
  for (const [at, step] of steps.entries()) {
    console.log(`\n── ${at + 1} of ${steps.length}: ${step.name} ${'─'.repeat(Math.max(0, 70 - step.name.length))}`)
    const start = Date.now()
    try {
      await step.play(stage)
      times.push({ name: step.name, seconds: since(start), result: 'ok' })
    } catch (error) {
      times.push({ name: step.name, seconds: since(start), result: 'FAILED' })
      throw error
    }
  }
} catch (error) {
  failure = error
} finally {
  await curl.close()
  await server.stop()
}

console.log('\n── what was done, and how long it took ───────────────────────────────────────────')
for (const { name, seconds, result } of times) {
  console.log(`  ${name.padEnd(44)} ${seconds.toFixed(1).padStart(7)} s  ${result}`)
}
console.log(`  ${'in all'.padEnd(44)} ${since(began).toFixed(1).padStart(7)} s`)
if (failure !== undefined) {
  console.error(`\nThe demo failed: ${failure instanceof Error ? failure.message : String(failure)}`)
  process.exitCode = 1
}

function since(start: number): number {
  return (Date.now() - start) / 1000
}

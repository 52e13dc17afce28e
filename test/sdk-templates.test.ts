/** The templates that azure-ai-ml itself sends, where its recordings lie beside the checkout, against a real server. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ArmClient, ML } from './providers/arm-client.ts'
import { startServer, type TestServer, until } from './support/server.ts'

const recorded = join(import.meta.dirname, '..', '..', 'shared', 'clients', 'templates')
const file = (name: string) => join(recorded, `${name}_create_request.json`)
const skip = !existsSync(file('workspace'))

let server: TestServer
let arm: ArmClient
before(async () => {
  server = await startServer()
  arm = new ArmClient(server)
  await arm.made(`${arm.subscription}/resourceGroups/rg1`, { location: 'eastus' })
})
after(() => server.stop())

/** In this order: the project's template names the hub that the one before it makes. */
for (const { name, makes } of [
  { name: 'workspace', makes: ['ws1', 'default', 5] },
  { name: 'hub', makes: ['hubdd9b52', 'hub', 3] },
  { name: 'project', makes: ['prjdd9b52', 'project', 1] },
  { name: 'featurestore', makes: ['fsdd9b52', 'featurestore', 9] },
] as const) {
  test(`a ${name} deploys from the SDK's template, with all that it brings`, { skip }, async () => {
    const own = readFileSync(file(name), 'utf8').replaceAll(
      '00000000-1111-4222-8333-444444444444',
      server.facts.subscriptionId,
    )
    const id = `${arm.subscription}/resourceGroups/rg1/providers/Microsoft.Resources/deployments/${name}`
    const put = await arm.put(id, JSON.parse(own))
    assert.equal(put.status, 201, put.text)
    const { properties } = await until('the deployment is over', async () => {
      const { json } = await arm.get(id)
      return json.properties.provisioningState !== 'Running' && json.properties.provisioningState !== 'Accepted' && json
    })
    assert.equal(properties.provisioningState, 'Succeeded', JSON.stringify(properties.error))
    const [workspace, kind, resources] = makes
    const { outputResources } = properties
    assert.ok(outputResources.length >= resources, JSON.stringify(outputResources))
    const made = await server.ask(
      `${arm.subscription}/resourceGroups/rg1/providers/${ML}/workspaces/${workspace}?api-version=2025-12-01`,
    )
    assert.equal(made.json.kind, kind)
    assert.equal(made.json.properties.provisioningState, 'Succeeded')
  })
}

import { type ArmEngine, type Reply, startArmEngine } from './arm-engine.ts'
import { type Ask, type TestServer, until } from './server.ts'

export const V = '?api-version=2024-03-01'
const SCHEMA = 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#'

export const template = (parts: object) => ({ $schema: SCHEMA, contentVersion: '1.0.0.0', resources: [], ...parts })

/** The cheapest resource there is: done at once, with a principal of its own. */
export const identity = (name: string, more: object = {}) => ({
  type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
  apiVersion: '2023-01-31',
  name,
  location: 'eastus',
  ...more,
})

/** A nested deployment, of inner scope unless said. */
export const nested = (
  name: string,
  parts: object,
  more: Readonly<Record<string, unknown>> & { scope?: string; properties?: object } = {},
) => {
  const { properties, scope = 'inner', ...rest } = more
  return {
    type: 'Microsoft.Resources/deployments',
    apiVersion: '2022-09-01',
    name,
    ...rest,
    properties: {
      mode: 'Incremental',
      expressionEvaluationOptions: { scope },
      template: template(parts),
      ...properties,
    },
  }
}

export interface Deployed {
  readonly put: Reply
  readonly end: Reply
  readonly id: string
}

/** Deploys into a group of its own, over an engine of its own. */
export interface Deployer {
  readonly engine: ArmEngine
  readonly group: string
  /** A further group. */
  makeGroup(name: string): Promise<string>
  /** Deploys a template's parts; `more` are further properties of the deployment. */
  deploy(parts: object, more?: object, at?: { scope?: string; name?: string; token?: string }): Promise<Deployed>
  /** The deployment once it is over. */
  ended(id: string, put: Reply): Promise<Reply>
  /** Whether the group has this identity. */
  has(name: string, group?: string): Promise<boolean>
  stop(): Promise<void>
}

export async function startDeployer(): Promise<Deployer> {
  const engine = await startArmEngine()
  let count = 0
  const makeGroup = async (name: string): Promise<string> => {
    const group = `${engine.subscription}/resourceGroups/${name}`
    await engine.ask(`${group}?api-version=2021-04-01`, { method: 'PUT', body: { location: 'eastus' } })
    return group
  }
  const group = await makeGroup('deploy')
  const ended = async (id: string, put: Reply): Promise<Reply> => {
    const poll = put.headers.get('azure-asyncoperation')
    while (poll && (await engine.ask(poll)).body.status === 'InProgress') await new Promise((go) => setTimeout(go, 20))
    return engine.ask(id + V)
  }
  return {
    engine,
    group,
    makeGroup,
    ended,
    async deploy(parts, more = {}, { scope = group, name = `d${++count}`, token } = {}) {
      const id = `${scope}/providers/Microsoft.Resources/deployments/${name}`
      const place = scope.includes('/resourceGroups/') ? {} : { location: 'eastus' }
      const body = { ...place, properties: { mode: 'Incremental', template: template(parts), ...more } }
      const put = await engine.ask(id + V, { method: 'PUT', body, ...(token !== undefined && { token }) })
      return { put, end: await ended(id, put), id }
    },
    async has(name, at = group) {
      const id = `${at}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`
      return (await engine.ask(`${id}?api-version=2023-01-31`)).status === 200
    },
    stop: () => engine.stop(),
  }
}

/** Deploys a template's parts to a whole server. */
export async function deployOn(
  server: TestServer,
  { group, name, parts, more = {} }: { group: string; name: string; parts: object; more?: object },
): Promise<Deployed> {
  const id = `${group}/providers/Microsoft.Resources/deployments/${name}`
  const ask = async (path: string, sent?: Ask): Promise<Reply> => {
    const { status, headers, text } = await server.ask(path, sent)
    const told = new Headers(Object.entries(headers).map(([key, value]): [string, string] => [key, String(value)]))
    return { status, headers: told, body: text === '' ? undefined : JSON.parse(text) }
  }
  const body = { properties: { mode: 'Incremental', template: template(parts), ...more } }
  const put = await ask(id + V, { method: 'PUT', body })
  const poll = put.headers.get('azure-asyncoperation')?.replace(/^https?:\/\/[^/]+/, '')
  await until(`the end of ${name}`, async () => !poll || (await ask(poll)).body.status !== 'InProgress', 120_000)
  return { put, end: await ask(id + V), id }
}

export const valuesOf = ({ end }: Deployed): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries<{ value: unknown }>(end.body.properties.outputs ?? {}).map(([name, { value }]) => [name, value]),
  )

/** The state that a deployment ended in, with its error where there is one. */
export const stateOf = ({ end }: Deployed): string =>
  end.body.properties
    ? `${end.body.properties.provisioningState}${end.body.properties.error ? ` ${JSON.stringify(end.body.properties.error)}` : ''}`
    : JSON.stringify(end.body)

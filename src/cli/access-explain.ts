import { dataDirectoryOf, dataFlag } from '../config.ts'
import { isObject, objectAt, textAt } from '../json.ts'
import { askOwner } from './kit/ask-server.ts'
import { defineCommand, Refusal, UsageError } from './kit/command.ts'
import { demandServer } from './kit/demand-server.ts'

export default defineCommand({
  summary: 'Tells which role assignment allows an action, or why none does; exit code 1 where it is not allowed.',
  usage: '--principal WHO --action ACTION --scope ID [--data-action] [--json] [--data DIR]',
  flags: [
    { name: 'principal', value: 'WHO', help: 'object id, client id or name' },
    { name: 'action', value: 'ACTION', help: 'such as Microsoft.MachineLearningServices/workspaces/read' },
    { name: 'scope', value: 'ID', help: 'a resource id; / for the tenant' },
    { name: 'data-action', help: "look at the roles' dataActions" },
    { name: 'json', help: 'print it as one JSON object' },
    dataFlag,
  ],
  async run({ program, values, env, value }) {
    const asked = ['principal', 'action', 'scope'].map((name) => [name, value(name)] as const)
    const missing = asked.find(([, text]) => typeof text !== 'string' || text === '')
    if (missing) throw new UsageError(`--${missing[0]} is missing.`)
    const server = await demandServer(program, dataDirectoryOf(values, env))
    const query = new URLSearchParams(Object.fromEntries(asked.map(([name, text]) => [name, String(text)])))
    query.set('kind', value('data-action') ? 'dataActions' : 'actions')
    const { status, body } = await askOwner(server, `/lazuli/access?${query}`)
    if (status !== 200) throw new Refusal(textAt(objectAt(body.error).message) ?? `The server answered ${status}.`)
    if (value('json')) console.log(JSON.stringify(body))
    else {
      const { displayName, objectId } = objectAt(body.principal)
      const may = body.allowed ? 'may' : 'may not'
      console.log(`${displayName} (${objectId}) ${may} ${body.action} at ${body.scope}`)
      const assignments = Array.isArray(body.assignments) ? body.assignments.filter(isObject) : []
      if (assignments.length === 0) console.log('  it has no role assignment at all')
      for (const { allows, role, scope, why } of assignments) {
        console.log(`  ${allows ? 'allows ' : 'no     '}${role} at ${scope}: ${why}`)
      }
    }
    return body.allowed ? 0 : 1
  },
})

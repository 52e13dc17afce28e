import { dataDirectoryOf, dataFlag } from '../config.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../json.ts'
import { askOwner } from './kit/ask-server.ts'
import { defineCommand, Refusal } from './kit/command.ts'
import { demandServer } from './kit/demand-server.ts'

export default defineCommand({
  summary: "Tells why a pipeline's steps ran, were reused, skipped or failed; JOB/NODE tells it of one.",
  usage: 'JOB[/NODE] [--workspace NAME] [--json] [--data DIR]',
  flags: [
    { name: 'workspace', value: 'NAME', help: 'where several workspaces have a job of this name' },
    { name: 'json', help: 'print it as one JSON object' },
    dataFlag,
  ],
  args: { least: 1, most: 1 },
  async run({ program, values, env, value, args }) {
    const [name = '', node] = (args[0] ?? '').split('/')
    const server = await demandServer(program, dataDirectoryOf(values, env))
    const query = new URLSearchParams({ name })
    if (value('workspace')) query.set('workspace', String(value('workspace')))
    const { status, body } = await askOwner(server, `/lazuli/jobs?${query}`)
    if (status !== 200) throw new Refusal(textAt(objectAt(body.error).message) ?? `The server answered ${status}.`)
    const steps = Array.isArray(body.steps) ? body.steps.filter(isObject) : []
    const shown = node === undefined ? steps : steps.filter((step) => step.name === node || step.id === node)
    if (node !== undefined && shown.length === 0) {
      throw new Refusal(
        `'${name}' has no step '${node}': ${steps.map((step) => step.name).join(', ') || 'it has none'}.`,
      )
    }
    if (value('json')) console.log(JSON.stringify({ ...body, steps: shown }))
    else {
      if (node === undefined) console.log(line(body))
      for (const step of shown) console.log(node === undefined ? `  ${line(step)}` : line(step))
    }
    return 0
  },
})

function line({ name, id, status, why, error, warnings }: JsonObject): string {
  const said = [why, error, ...(Array.isArray(warnings) ? warnings : [])].filter((text) => typeof text === 'string')
  const who = id === null || id === name ? name : `${name} (${id})`
  return `${who} ${status}${said.length > 0 ? `: ${said.join(' ')}` : ''}`
}

import { defaultDataDirectory } from '../../config.ts'
import { type Program, Refusal } from './command.ts'
import { runningServer, type ServerFacts } from './server-facts.ts'
import { quote } from './shell.ts'

/**
 * The server that runs on a data directory.
 *
 * @throws Refusal that says how to start one
 */
export async function demandServer(program: Program, dataDirectory: string): Promise<ServerFacts> {
  const server = await runningServer(dataDirectory)
  if (server) return server
  const data = dataDirectory === defaultDataDirectory() ? '' : ` --data ${quote(dataDirectory)}`
  throw new Refusal(`No server runs on ${dataDirectory}. Start one with: ${program.command} up --detach${data}`)
}

/**
 * The engine in a process of its own, for tests that kill it: `arm-process.ts <data directory> <providers directory> [port]`.
 * Prints one line of JSON when it takes requests.
 */
import { startArmEngine } from './arm-engine.ts'

const [directory, providersDirectory, wanted] = process.argv.slice(2)
if (directory === undefined || providersDirectory === undefined) throw new Error('Which directories?')
const { port, token, subscription } = await startArmEngine({ directory, providersDirectory, port: Number(wanted ?? 0) })
process.stdout.write(`${JSON.stringify({ port, token, subscription })}\n`)

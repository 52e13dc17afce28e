/**
 * The engine in a process of its own, for tests that kill it: `arm-process.ts <data directory> <providers directory>`.
 * Prints one line of JSON when it takes requests.
 */
import { startArmEngine } from './arm-engine.ts'

const [directory, providersDirectory] = process.argv.slice(2)
if (directory === undefined || providersDirectory === undefined) throw new Error('Which directories?')
const { port, token, subscription } = await startArmEngine({ directory, providersDirectory })
process.stdout.write(`${JSON.stringify({ port, token, subscription })}\n`)

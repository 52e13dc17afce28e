/** A blob service in a process of its own, which a test may kill: `blob-server-process.ts DIRECTORY`; prints its port and process id. */
import { BlobServer } from './blob-server.ts'

const [, , directory = ''] = process.argv
const server = await BlobServer.start({ directory })
process.stdout.write(`${server.port}\n${process.pid}\n`)

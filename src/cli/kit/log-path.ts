import { join } from 'node:path'

/** Where the server of a data directory writes its log. */
export const logPath = (dataDirectory: string): string => join(dataDirectory, 'logs', 'server.log')

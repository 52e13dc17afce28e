// Starts the program with its compiled code kept from the last time: that is half of a command's time, and of the
// server's start. The cache lies beside the code, so that only who may change the code may change it; where it can't
// be written, the program is only slower.
import { existsSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = join(import.meta.dirname, '..')
if (existsSync(join(root, 'node_modules'))) enableCompileCache(join(root, 'node_modules', '.cache', 'lazuli'))
const source = join(root, 'src', 'main.ts')
await import(pathToFileURL(existsSync(source) ? source : join(root, 'dist', 'main.js')).href)

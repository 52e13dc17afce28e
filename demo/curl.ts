import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What came back, as curl's `--include` showed it. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON. @throws Error where it is none */
  json<Shape>(): Shape
}

/** Runs curl commands as the shell would. */
export interface Curl {
  run(command: string): Promise<Answer>
  close(): Promise<void>
}

/**
 * The real curl, in an environment such as `lazuli run` gives. Its options stand in a .curlrc of its own, so that the
 * commands stay as the article prints them.
 */
export async function openCurl(environment: NodeJS.ProcessEnv): Promise<Curl> {
  const home = await mkdtemp(join(tmpdir(), 'lazuli-curl-'))
  await writeFile(join(home, '.curlrc'), 'silent\nshow-error\ninclude\nsuppress-connect-headers\nmax-time = 120\n')
  const env = { ...environment, CURL_HOME: home }
  return {
    run: async (command) => parse(await bash(command, env)),
    close: () => rm(home, { recursive: true, force: true }),
  }
}

function bash(command: string, env: NodeJS.ProcessEnv): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', command], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const out: Buffer[] = []
    const complaints: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk))
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve(Buffer.concat(out))
      else reject(new Error(`curl ended with ${code}: ${Buffer.concat(complaints).toString().trim()}`))
    })
  })
}

/** Takes the last header block: a `100 Continue` may stand before it. */
function parse(output: Buffer): Answer {
  let rest = output
  for (;;) {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) throw new Error(`curl showed no answer: ${output.toString().slice(0, 200)}`)
    const [line = '', ...fields] = rest.subarray(0, end).toString().split('\r\n')
    rest = rest.subarray(end + 4)
    const status = Number(line.split(' ')[1])
    if (status < 200) continue
    const headers = new Headers()
    for (const field of fields) {
      const colon = field.indexOf(':')
      headers.append(field.slice(0, colon).trim(), field.slice(colon + 1).trim())
    }
    const text = rest.toString()
    return { status, headers, text, json: () => JSON.parse(text) }
  }
}

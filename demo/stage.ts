import { fill } from './article.ts'
import type { Answer, Curl } from './curl.ts'

/** Where the demo's steps play: fills a command's blanks, shows it, runs it, shows what came back. */
export interface Stage {
  /** Values of blanks; steps add what they learn. */
  readonly values: Record<string, string>
  /** Runs one command before the reader's eyes. @throws Unexpected where the status is none of those expected */
  ask(command: string, ...expected: number[]): Promise<Answer>
  /** The same without showing it, for the many turns of a loop whose first turn was shown. */
  askQuietly(command: string, ...expected: number[]): Promise<Answer>
  /** Asks again and again until `until` answers something; shows the first turn and how long the rest took. */
  poll<T>(command: string, until: (answer: Answer) => T | undefined, what: string): Promise<T>
  /** Hides a value in everything shown from here on, but for its first characters. */
  hide(secret: string): void
  note(text: string): void
}

/** A step's answer is not what the article says. */
export class Unexpected extends Error {}

export function openStage(curl: Curl, values: Record<string, string>): Stage {
  const secrets: string[] = []
  const shorten = (text: string) =>
    secrets.reduce((shown, secret) => shown.replaceAll(secret, `${secret.slice(0, 6)}…`), text)

  const run = async (command: string, expected: readonly number[], shown: boolean) => {
    const filled = fill(command, values)
    if (shown)
      console.log(
        `\n${shorten(filled.trim())
          .replace(/^/gm, '  $ ')
          .replace(/^ {2}\$ (?!curl)/gm, '    ')}`,
      )
    const answer = await curl.run(filled)
    if (shown) console.log(shorten(picture(answer)))
    if (expected.length > 0 && !expected.includes(answer.status)) {
      const why = shown ? '' : `\n${shorten(picture(answer))}`
      throw new Unexpected(`answered ${answer.status}, expected ${expected.join(' or ')}${why}`)
    }
    return answer
  }

  return {
    values,
    ask: (command, ...expected) => run(command, expected, true),
    askQuietly: (command, ...expected) => run(command, expected, false),
    hide: (secret) => secrets.push(secret),
    note: (text) => console.log(`\n  ${text}`),
    async poll(command, until, what) {
      const start = Date.now()
      let found = until(await run(command, [], true))
      const progress = openProgress(what)
      while (found === undefined) {
        if (Date.now() - start > 900_000) throw new Unexpected(`${what}: still not done after 15 minutes`)
        await new Promise((resolve) => setTimeout(resolve, 500))
        progress.show(Date.now() - start)
        const answer = await run(command, [], false)
        found = until(answer)
        if (found !== undefined) {
          progress.end()
          console.log(shorten(picture(answer)))
        }
      }
      return found
    },
  }
}

/** One line that counts seconds on a terminal, and a line every ten seconds elsewhere. */
export function openProgress(what: string): { show(milliseconds: number): void; end(): void } {
  let shown = -1
  return {
    show(milliseconds) {
      const seconds = Math.floor(milliseconds / 1000)
      if (seconds === shown || (!process.stdout.isTTY && seconds % 10 > 0) || seconds === 0) return
      shown = seconds
      if (process.stdout.isTTY) process.stdout.write(`\r  … ${what}: ${seconds} s `)
      else console.log(`  … ${what}: ${seconds} s`)
    },
    end() {
      if (shown >= 0 && process.stdout.isTTY) process.stdout.write('\r\x1b[K')
    },
  }
}

const telling = ['location', 'azure-asyncoperation', 'retry-after', 'www-authenticate', 'warning', 'etag']

/** An answer for reading: its status, the headers that matter here, its body cut after some lines. */
function picture({ status, headers, text }: Answer): string {
  const lines = [`HTTP ${status}`]
  for (const name of telling) {
    const value = headers.get(name)
    if (value) lines.push(`${name}: ${value}`)
  }
  let body = text
  try {
    body = JSON.stringify(JSON.parse(text), undefined, 2)
  } catch {
    // Not JSON: shown as it came.
  }
  const bodyLines =
    body.trim() === '' ? [] : body.split('\n').map((line) => (line.length > 220 ? `${line.slice(0, 220)}…` : line))
  const most = 24
  lines.push(...bodyLines.slice(0, most))
  if (bodyLines.length > most) lines.push(`… ${bodyLines.length - most} more lines`)
  return lines.map((line) => `  < ${line}`).join('\n')
}

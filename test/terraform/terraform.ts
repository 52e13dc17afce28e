import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { lazuli, type TestServer } from '../support/server.ts'

/** Where providers that were built are kept: in the user's cache. */
const plugins = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lazuli', 'terraform')

/** The suite ends here where a program that it needs is not there. */
export function demandPrograms(): void {
  for (const program of ['go', 'terraform']) {
    if (!spawnSync(program, ['version']).error) continue
    console.log(`FAIL ${program} is not there: this suite needs go and terraform`)
    process.exit(1)
  }
}

/** Builds a provider; where the cache has it, only `always`, since go knows what has changed. */
export function buildProvider(
  { name, version, source, target }: { name: string; version: string; source: string; target: string },
  { always = false }: { always?: boolean } = {},
): void {
  const os = spawnSync('go', ['env', 'GOOS', 'GOARCH'], { encoding: 'utf8' }).stdout.trim().replace('\n', '_')
  const file = join(
    ...[plugins, 'registry.terraform.io', 'hashicorp', name, version, os],
    `terraform-provider-${name}_v${version}`,
  )
  if (existsSync(file) && !always) return
  console.log(`building ${name} ${version}; this takes minutes, once …`)
  mkdirSync(dirname(file), { recursive: true })
  // Without optimisations it compiles in half the time; it waits for a server most of its own.
  const flags = ['-gcflags=all=-N -l -dwarf=false', '-ldflags=-s -w']
  const built = spawnSync('nice', ['-n', '19', 'go', 'build', '-o', `${file}.new`, ...flags, target], {
    cwd: source,
    stdio: 'inherit',
  })
  if (built.status !== 0) {
    console.log(`FAIL the provider ${name} could not be built`)
    process.exit(1)
  }
  renameSync(`${file}.new`, file)
}

/** Terraform in a folder of its own, with a copy of some files in it, against a server. */
export class Terraform {
  readonly folder = mkdtempSync(join(tmpdir(), 'lazuli-terraform-'))
  readonly #server: TestServer

  constructor(server: TestServer, configuration: string) {
    this.#server = server
    copyFileSync(configuration, join(this.folder, 'main.tf'))
    writeFileSync(
      this.#rc,
      `disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = "${plugins}"\n  }\n}\n`,
    )
  }

  get #rc(): string {
    return join(this.folder, 'terraformrc')
  }

  /** Runs a command and answers what it printed. @throws Error with the end of that */
  async run(...words: readonly string[]): Promise<string> {
    const { facts, data } = this.#server
    const child = spawn(lazuli, ['run', '--data', data, '--', 'terraform', ...words, '-no-color'], {
      cwd: this.folder,
      env: {
        ...process.env,
        TF_CLI_CONFIG_FILE: this.#rc,
        TF_IN_AUTOMATION: '1',
        ARM_TENANT_ID: facts.tenantId,
        ARM_SUBSCRIPTION_ID: facts.subscriptionId,
        ARM_CLIENT_ID: facts.clientId,
        ARM_CLIENT_SECRET_FILE_PATH: join(data, 'client-secret'),
      },
    })
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk))
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
    if (code !== 0) throw new Error(`terraform ${words[0]} ended with ${code}:\n${printed.slice(-6000)}`)
    return printed
  }

  remove(): void {
    rmSync(this.folder, { recursive: true })
  }
}

/** One thing that is to hold, and how it is tried. */
export type Check = readonly [what: string, work: () => Promise<unknown>]

/** Tries one after another, as far as they hold, and tells how many did. */
export async function inOrder(checks: readonly Check[]): Promise<void> {
  let passed = 0
  try {
    for (const [what, work] of checks) {
      const started = performance.now()
      await work()
      passed++
      console.log(`ok   ${what} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
    }
  } catch (error) {
    console.log(`FAIL ${error instanceof Error ? error.message : error}`)
  }
  console.log(`${passed} passed, ${checks.length - passed} failed`)
  if (passed !== checks.length) process.exitCode = 1
}

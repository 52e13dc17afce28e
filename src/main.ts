import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Program } from './cli/kit/command.ts'
import { dispatch } from './cli/kit/dispatch.ts'
import type { ServerFacts } from './cli/kit/server-facts.ts'
import type { Config } from './config.ts'

/** What the command line needs of the program. Everything heavy is loaded by the one that asks for it. */
const program: Program = {
  version: versionOf(),
  command: commandLine(),
  startServer,
  async mergeBundles(bundle, root, user) {
    const { writeBundle } = await import('./gateway/bundle.ts')
    await writeBundle(bundle, readFileSync(root, 'utf8'), user)
  },
}

/**
 * Builds everything, starts it, and answers when requests are taken.
 *
 * This is the one place where parts meet: each comes as a factory and gets what it needs handed in.
 */
async function startServer(config: Config): Promise<{ facts: ServerFacts; stop(): Promise<void> }> {
  const [
    { openLog },
    facts,
    { processStart },
    { openStore },
    { openSealing },
    { openIdentity },
    { openAuthority },
    { writeBundle },
    { openGateway },
    hosts,
    { directSurface },
    { discoverySurface },
  ] = await Promise.all([
    import('./cli/kit/server-log.ts'),
    import('./cli/kit/publish-facts.ts'),
    import('./cli/kit/server-facts.ts'),
    import('./store/sqlite/open-store.ts'),
    import('./store/sealing-key.ts'),
    import('./identity/open-identity.ts'),
    import('./gateway/authority.ts'),
    import('./gateway/bundle.ts'),
    import('./gateway/listener.ts'),
    import('./gateway/hosts.ts'),
    import('./data-planes/direct/direct.ts'),
    import('./data-planes/discovery/discovery.ts'),
  ])
  const now = () => new Date()
  const directory = config.dataDirectory
  // Before anything else: it takes the directory's lock, and refuses where another server has it.
  const store = await openStore({ directory })
  const { log, flush } = openLog(directory, config.logLevel)
  const stops: (() => Promise<void> | void)[] = [() => store.close(), flush]
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end()
  }
  try {
    const sealing = openSealing(directory)
    const authority = await openAuthority(join(directory, 'ca'))
    const bundle = join(directory, 'bundle.pem')
    await writeBundle(bundle, authority.rootPem, config.userBundles)

    const identity = await openIdentity({ store, sealing, directory, now })
    const { install } = identity

    const discovery = discoverySurface({ servicesOf: hosts.servicesOf })
    let published: ServerFacts | undefined
    const direct = directSurface({
      version: program.version,
      status: () => ({ ...published, status: published ? 'running' : 'starting' }),
      rootPem: authority.rootPem,
      cloudOf: hosts.cloudOf,
      principals: {
        ownerToken: await facts.ownerToken(directory),
        authenticator: identity.authenticator,
        bootstrapObjectId: install.objectId,
        add: (name) => identity.addPrincipal({ name }),
      },
    })

    const gateway = openGateway({
      surfaces: {
        direct,
        login: identity.login,
        regional: async (request, response, context) => {
          await discovery(context.url)?.(request, response, context)
        },
      },
      authority,
      outbound: config.upstream,
      accountExists: async (account) =>
        (await store.resources.byGlobalName('Microsoft.Storage/storageAccounts', account)) !== undefined,
      ownNames: config.origins,
      log,
    })
    const wanted = config.port || (await facts.rememberedPort(directory))
    const port = await gateway.listen(config.host, wanted).catch((error: NodeJS.ErrnoException) => {
      // Another program has the port that an earlier start with port 0 took: any other will do.
      if (error.code === 'EADDRINUSE' && config.port === 0) return gateway.listen(config.host, 0)
      throw error
    })
    stops.push(() => gateway.close())
    await facts.rememberPort(directory, port)

    published = {
      pid: process.pid,
      processStart: (await processStart(process.pid)) ?? '',
      startedAt: now().toISOString(),
      version: program.version,
      host: config.host,
      port,
      httpUrl: `http://127.0.0.1:${port}`,
      httpsUrl: `https://localhost:${port}`,
      mlflowUrl: `http://127.0.0.1:${port}/mlflow/v1.0/subscriptions/${install.subscriptionId}/resourceGroups/lazuli/providers/Microsoft.MachineLearningServices/workspaces/default`,
      dataDir: directory,
      bundle,
      rootCertificate: join(directory, 'ca', 'root.pem'),
      tenantId: install.tenantId,
      subscriptionId: install.subscriptionId,
      clientId: install.clientId,
      isolation: 'none',
      intercepts: hosts.interceptedDomains,
    }
    await facts.publishFacts(published)
    stops.push(() => facts.withdrawFacts(directory))
    return { facts: published, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function versionOf(): string {
  const facts: { version: string } = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8'))
  return facts.version
}

/** `bin/lazuli` as it is reached from here; `npx lazuli` where npm keeps it. */
function commandLine(): string {
  const path = join(import.meta.dirname, '..', 'bin', 'lazuli')
  if (path.includes('/node_modules/')) return 'npx lazuli'
  const near = relative(process.cwd(), path)
  return near.startsWith('..') ? path : `./${near}`
}

// A reader that has seen enough (`lazuli logs | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
process.exitCode = await dispatch(program, process.argv.slice(2))

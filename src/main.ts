import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Program } from './cli/kit/command.ts'
import { dispatch } from './cli/kit/dispatch.ts'
import type { ServerFacts } from './cli/kit/server-facts.ts'
import type { Config } from './config.ts'
import type { Deps } from './domain/deps.ts'
import type { Gateway } from './gateway/listener.ts'
import { loadEngines } from './load-engines.ts'
import { loadPlanes } from './load-planes.ts'

/** The workspace of the first start, below its subscription. */
const HOME = 'resourceGroups/lazuli/providers/Microsoft.MachineLearningServices/workspaces/default'

/** What the command line needs of the program. Everything heavy is loaded by the one that asks for it. */
const program: Program = {
  version: versionOf(),
  command: commandLine(),
  startServer,
  async mergeBundles(bundle, root, user) {
    const { writeBundle } = await import('./gateway/bundle.ts')
    await writeBundle(bundle, readFileSync(root, 'utf8'), user)
  },
  environmentCache: async (directory) => (await import('./environments/cache.ts')).environmentCache(directory),
  examine: async (directory, repair) => (await import('./doctor.ts')).examine(directory, repair),
}

/**
 * Builds everything, starts it, and answers when requests are taken.
 *
 * This is the one place where parts meet: each comes as a factory and gets what it needs handed in.
 */
async function startServer(config: Config): Promise<{ facts: ServerFacts; stop(): Promise<void> }> {
  const [
    log,
    facts,
    store,
    rings,
    sealing,
    identity,
    blobs,
    planes,
    arm,
    simulating,
    diagnostics,
    engines,
    models,
    gateway,
  ] = await Promise.all([
    loadLog(),
    import('./cli/kit/publish-facts.ts'),
    import('./store/sqlite/open-store.ts'),
    import('./store/data-key-ring.ts'),
    import('./store/sealing-key.ts'),
    import('./identity/open-identity.ts'),
    import('./blobs/open-blobs.ts'),
    loadPlanes(),
    import('./arm/server.ts'),
    import('./domain/simulation/open-simulation.ts'),
    loadDiagnostics(),
    loadEngines(),
    loadServing(),
    loadGateway(),
  ])
  const directory = config.dataDirectory
  const now = () => new Date()
  const { onStop, stop, reportTo } = log.stopList()
  try {
    // Before anything else: it takes the directory's lock, and refuses where another server has it.
    const ring = rings.dataKeyRing()
    const kept = await store.openStore({ directory, ring })
    onStop('the store', () => kept.close())
    const written = log.openLog(directory, config.logLevel)
    onStop('the log', written.flush)
    reportTo(written.log)
    const sealed = sealing.openSealing(directory)
    const base = { store: kept, sealing: sealed, now, log: written.log, directory }

    const authority = await gateway.openAuthority(join(directory, 'ca'))
    const bundle = join(directory, 'bundle.pem')
    const address = { origin: gateway.azureOrigin, proxy: '', caBundle: bundle }
    const simulation = await simulating.openSimulation(base)
    const namesHeldMs = () => (simulation.settings().containerDeletion?.seconds ?? 0) * 1000
    const [who, blobService] = await Promise.all([
      identity.openIdentity({ ...base, outside: config.outside, ownUrl: () => address.proxy }),
      blobs.openBlobs({ ...base, ring, rows: engines.sqlBlobStore(kept.database), namesHeldMs }),
      gateway.writeBundle(bundle, authority.rootPem, config.userBundles),
    ])
    onStop('blobs', () => blobService.close())
    const { install, authenticator, access } = who
    const { tenantId, subscriptionId, clientId } = install

    const limits = { settings: config.settings, simulation }
    const { engine, serving, followRuns } = engines.open({
      ...base,
      now: simulation.now,
      config,
      blobs: blobService.blobs,
      bundle,
      coresAdmitted: (key) => engines.quotaOfKey(limits, key),
      preemptsAfterMs: () => simulation.preemption(),
    })
    const tally = models.requestTally()
    const customerKeys = planes.customerKeys({ ...base, access, ring, tenantId })
    // Whatever reads what is kept comes after it.
    await customerKeys.start()
    onStop('customer-managed keys', () => customerKeys.stop())
    const deps: Deps = {
      ...base,
      // What people set the clock for: resources, operations, runs. Tokens, SAS and certificates keep the real time.
      now: simulation.now,
      simulation,
      blobs: blobService.blobs,
      engines: engines.enginesOf([engine]),
      serving,
      address: () => address,
      identities: who.identities,
      access: who.access,
      customerKeys,
      tokens: who.tokens,
      runSignals: engines.runSignals(),
      settings: config.settings,
      tenantId,
    }
    const accountExists = async (account: string) => (await blobService.accounts.get(account)) !== undefined
    const documents = gateway.blobDocuments({ accountExists, ownUrl: () => address.proxy })
    const manager = await arm.openArm({ deps, authenticator, access, origin: gateway.azureOrigin, documents })
    const runs = followRuns(deps, () => address)
    const schedules = engines.scheduler({
      ...deps,
      putJob: (id, body, caller) => manager.put(id, body, { caller }),
      turn: (id, { action, operationTrigger }) => manager.act(id, action, { operationTrigger }),
    })

    const batch = planes.batch({
      deps,
      authenticator,
      access,
      put: (id, body, caller) => manager.put(id, body, { caller }),
      remove: (id) => manager.remove(id),
    })

    let published: ServerFacts | undefined
    const door = gateway.openGateway({
      surfaces: {
        arm: manager.surface,
        login: who.login,
        blob: planes.blobService({ ...blobService, authenticator, access, now, tenantId }),
        storage: planes.otherStorageServices({ ...blobService, authenticator, access, now, tenantId }),
        graph: planes.graphSurface({ directory: who.directory, authenticator }),
        scoring: planes.scoring({ deps, authenticator, access, tally, now, others: batch.scoring }),
        vault: planes.vault({ deps, authenticator, access, tenantId }),
        regional: planes.regional(
          {
            ...{ deps, authenticator, access, basic: who.basic, home: `/subscriptions/${subscriptionId}/${HOME}` },
            writes: {
              put: (id, body, caller, query = {}) => manager.put(id, body, { caller, query }),
              remove: (id) => manager.remove(id),
              inTurn: manager.inTurn,
            },
          },
          gateway.servicesOf,
          planes.managementFront({
            store: kept,
            authenticator,
            access,
            tenantId,
            arm: manager.surface,
            batchJobs: batch.below,
          }),
        ),
        direct: planes.directSurface({
          version: program.version,
          status: () => ({ ...published, status: published ? 'running' : 'starting' }),
          rootPem: authority.rootPem,
          cloudOf: gateway.cloudOf,
          principals: {
            ownerToken: await facts.ownerToken(directory),
            authenticator,
            bootstrapObjectId: install.objectId,
            add: (name) => who.addPrincipal({ name }),
            addUser: who.addUser,
            rotateSigningKey: who.rotateSigningKey,
            rotateSealingKey: () => kept.reseal(sealed),
          },
          access: { store: kept },
          jobs: { store: kept, blobs: blobService.blobs },
          identity: { store: kept, sealing: sealed, tokens: who.tokens },
          simulation: { simulation, now },
          metrics: () => models.prometheusText(deps, tally),
        }),
      },
      authority,
      outbound: config.upstream,
      accountExists,
      ownNames: [...config.origins, config.host.includes(':') ? `[${config.host}]` : config.host],
      log: base.log,
    })

    // Engines first, since what comes next asks them; the port after it, since jobs and pollers go on through it.
    onStop('the engine', () => engine.stop())
    await engine.start()
    onStop('deployments', () => serving.stop())
    await serving.start()
    await engines.restorePools(deps)
    onStop('the resource manager', () => manager.stop())
    await manager.start()
    onStop('the contents of vaults', planes.expireVaultObjects(deps).stop)
    await planes.seedBuiltInRegistry({ store: kept, now })
    await planes.makeFirstResources({ store: kept, arm: manager, subscriptionId, tenantId })
    const port = await listen(door, config, await facts.rememberedPort(directory))
    onStop('the gateway', () => door.close())
    await facts.rememberPort(directory, port)
    const { httpUrl, httpsUrl } = facts.addressesOf(config.host, port)
    address.proxy = httpUrl
    const archive = diagnostics.archiveActivities(deps)
    onStop('archives', () => archive.stop())
    archive.start()
    const sampler = diagnostics.sampleNodes(deps)
    onStop('measurements', () => sampler.stop())
    sampler.start()
    await models.restoreDeployments(deps)
    const scaling = models.followEndpoints(deps, {
      tally,
      put: (id, body) => manager.put(id, body),
    })
    onStop('the measures of endpoints', () => scaling.stop())
    scaling.start()
    onStop('runs', () => runs.stop())
    await runs.start()
    const webhooks = diagnostics.deliverWebhooks(deps)
    onStop('webhooks', () => webhooks.stop())
    webhooks.start()
    onStop('schedules', () => schedules.stop())
    await schedules.start()

    published = {
      pid: process.pid,
      processStart: await facts.ownProcessStart(),
      startedAt: now().toISOString(),
      version: program.version,
      host: config.host,
      port,
      httpUrl,
      httpsUrl,
      mlflowUrl: `${httpUrl}/mlflow/subscriptions/${subscriptionId}/${HOME}`,
      dataDir: directory,
      bundle,
      rootCertificate: join(directory, 'ca', 'root.pem'),
      tenantId,
      subscriptionId,
      clientId,
      isolation: engine.isolation,
      intercepts: gateway.interceptedDomains,
    }
    await facts.publishFacts(published)
    onStop('its facts', () => facts.withdrawFacts(directory))
    return { facts: published, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function loadLog() {
  const [log, stops] = await Promise.all([import('./cli/kit/server-log.ts'), import('./cli/kit/stop-list.ts')])
  return { ...log, ...stops }
}

async function loadDiagnostics() {
  const [archives, samples, webhooks] = await Promise.all([
    import('./domain/diagnostics/archive-activities.ts'),
    import('./domain/monitor/sample-nodes.ts'),
    import('./domain/webhooks/deliver-webhooks.ts'),
  ])
  return { ...archives, ...samples, ...webhooks }
}

async function loadGateway() {
  const [authority, bundle, listener, hosts, documents] = await Promise.all([
    import('./gateway/authority.ts'),
    import('./gateway/bundle.ts'),
    import('./gateway/listener.ts'),
    import('./gateway/hosts.ts'),
    import('./gateway/documents.ts'),
  ])
  return { ...authority, ...bundle, ...listener, ...hosts, ...documents }
}

async function loadServing() {
  const [deployments, tallies, texts, following] = await Promise.all([
    import('./domain/endpoints/deploy.ts'),
    import('./domain/endpoints/request-tally.ts'),
    import('./domain/endpoints/prometheus.ts'),
    import('./domain/autoscale/follow-endpoints.ts'),
  ])
  return { ...deployments, ...tallies, ...texts, ...following }
}

/** Another program may have the port that an earlier start with `--port 0` took: then any other will do. */
async function listen(door: Gateway, config: Config, remembered: number): Promise<number> {
  if (config.port !== 0 || remembered === 0) return door.listen(config.host, config.port)
  return door.listen(config.host, remembered).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error
    return door.listen(config.host, 0)
  })
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

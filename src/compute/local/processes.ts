import { randomBytes } from 'node:crypto'
import type { JobDistribution, JobSpec } from '../engine.ts'

/** One process of a job: where it runs, what is its own, and what it runs. */
export interface ProcessPlan {
  readonly node: number
  /** Its log in the runner's folder. */
  readonly log: `std_log${string}.txt`
  /** Whether the job goes on while it runs; what only serves the others is ended with them. */
  readonly leads: boolean
  readonly variables: Readonly<Record<string, string>>
  /** Put before the command, which then stands in `"$@"` or follows. */
  readonly script: (command: string) => string
  /** Whether it sees every node and has what all of them are granted: a launcher of its own kind does the rest. */
  readonly spans: boolean
  /** A program without which it can't run, and what that belongs to. */
  readonly needs?: { readonly program: string; readonly of: string }
}

/** Every node of a job is this machine. */
const HOST = '127.0.0.1'

/** How many free ports the processes of a job have to be given. */
export function portsOf({ distribution, instanceCount }: JobSpec): number {
  if (!distribution) return instanceCount > 1 ? 1 : 0
  return distribution.kind === 'TensorFlow' ? 1 + distribution.workers + distribution.parameterServers : 2
}

/**
 * The processes of a job in the order of their ranks, with the variables by which its framework finds the others.
 *
 * Without a distribution each node runs the command once. `ports` are free ones, as many as `portsOf` asks for.
 */
export function processesOf(spec: JobSpec, ports: readonly number[]): readonly ProcessPlan[] {
  const { distribution, instanceCount } = spec
  if (!distribution && instanceCount === 1)
    return [{ node: 0, log: 'std_log.txt', leads: true, variables: {}, script: same, spans: false }]
  const shared = { AZUREML_NODE_COUNT: String(instanceCount), MASTER_ADDR: HOST, MASTER_PORT: String(ports[0]) }
  const on = (node: number, index: number): ProcessPlan => ({
    node,
    log: logName(index),
    leads: true,
    variables: { ...shared, NODE_RANK: String(node) },
    script: same,
    spans: false,
  })
  if (!distribution) return range(instanceCount).map((node) => on(node, node))
  switch (distribution.kind) {
    case 'PyTorch':
      return range(instanceCount * distribution.processesPerNode).map((rank) =>
        ranked(on(Math.floor(rank / distribution.processesPerNode), rank), {
          rank,
          nodes: instanceCount,
          perNode: distribution.processesPerNode,
        }),
      )
    case 'TensorFlow':
      return tensorFlow(distribution, ports.slice(1)).map(({ type, index, config }) => ({
        ...on(index % instanceCount, index),
        ...(type === 'ps' && { log: logName(index, '_ps'), leads: false }),
        variables: { ...on(index % instanceCount, index).variables, TF_CONFIG: config },
      }))
    case 'Mpi':
      return [
        {
          ...on(0, 0),
          spans: spansNodes(spec),
          needs: { program: 'mpirun', of: 'Open MPI or MPICH' },
          script: mpi(instanceCount, distribution.processesPerNode),
        },
      ]
    case 'Ray': {
      // Ray listens on every interface whatever address it is given: nobody but the job's own may join or command it.
      const secret = { RAY_AUTH_MODE: 'token', RAY_AUTH_TOKEN: randomBytes(32).toString('hex') }
      return range(instanceCount).map((node) => ({
        ...on(node, node),
        variables: { ...on(node, node).variables, ...secret },
        leads: node === 0,
        needs: { program: 'ray', of: "the Python package 'ray'" },
        script: node === 0 ? rayHead(distribution, ports, instanceCount) : rayWorker(distribution, ports),
      }))
    }
  }
}

/** Whether one process works on all nodes of the job. */
export const spansNodes = ({ distribution }: JobSpec): boolean => distribution?.kind === 'Mpi'

/** Names of a job's logs in the runner's folder. */
export const logsOf = (spec: JobSpec): readonly ProcessPlan['log'][] =>
  processesOf(
    spec,
    range(portsOf(spec)).map(() => 0),
  ).map(({ log }) => log)

const same = (command: string): string => command
const range = (length: number): number[] => Array.from({ length }, (_, index) => index)
const logName = (index: number, kind = ''): ProcessPlan['log'] =>
  `std_log_process_${String(index).padStart(2, '0')}${kind}.txt`

function ranked(
  plan: ProcessPlan,
  { rank, nodes, perNode }: { readonly rank: number; readonly nodes: number; readonly perNode: number },
): ProcessPlan {
  return {
    ...plan,
    variables: {
      ...plan.variables,
      RANK: String(rank),
      LOCAL_RANK: String(rank % perNode),
      WORLD_SIZE: String(nodes * perNode),
      LOCAL_WORLD_SIZE: String(perNode),
      // A sandbox's host name resolves to nothing, so that the interface has to be named.
      GLOO_SOCKET_IFNAME: 'lo',
      TP_SOCKET_IFNAME: 'lo',
    },
  }
}

/** @see https://www.tensorflow.org/guide/distributed_training#TF_CONFIG */
function tensorFlow(
  { workers, parameterServers }: Extract<JobDistribution, { kind: 'TensorFlow' }>,
  ports: readonly number[],
): readonly { readonly type: 'worker' | 'ps'; readonly index: number; readonly config: string }[] {
  const addresses = ports.map((port) => `${HOST}:${port}`)
  const cluster = {
    worker: addresses.slice(0, workers),
    ...(parameterServers > 0 && { ps: addresses.slice(workers, workers + parameterServers) }),
  }
  const task = (type: 'worker' | 'ps', index: number) => ({
    type,
    index,
    config: JSON.stringify({ cluster, task: { type, index }, environment: 'cloud' }),
  })
  return [
    ...range(workers).map((index) => task('worker', index)),
    ...range(parameterServers).map((index) => task('ps', index)),
  ]
}

/**
 * Starts all ranks with one `mpirun`, on a host file of this machine alone. Each rank goes into the folder of its node
 * and is told its place there: to the launcher all are on one host. Open MPI and MPICH write the host file differently.
 */
const mpi = (nodes: number, perNode: number) => (command: string) =>
  `
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
export LAZULI_COMMAND=${quoted(command)}
if mpirun --version 2>&1 | grep -qi 'open.\\?mpi\\|prte'; then echo 'localhost slots=${nodes * perNode}'; else echo 'localhost:${nodes * perNode}'; fi > "$HOME/hostfile"
export AZUREML_MPI_HOSTFILE="$HOME/hostfile"
exec mpirun -n ${nodes * perNode} --hostfile "$HOME/hostfile" /bin/bash -c '
rank=\${OMPI_COMM_WORLD_RANK:-\${PMI_RANK:-\${PMIX_RANK:-0}}}
export RANK=$rank WORLD_SIZE=${nodes * perNode} LOCAL_RANK=$((rank % ${perNode})) LOCAL_WORLD_SIZE=${perNode} NODE_RANK=$((rank / ${perNode}))
export OMPI_COMM_WORLD_LOCAL_RANK=$LOCAL_RANK OMPI_COMM_WORLD_LOCAL_SIZE=$LOCAL_WORLD_SIZE
if [ "$NODE_RANK" -gt 0 ]; then cd "$LAZULI_NODES/$NODE_RANK/exe/wd"; fi
exec /bin/bash -c "$LAZULI_COMMAND"'`

type Ray = Extract<JobDistribution, { kind: 'Ray' }>

/** The command runs beside Ray's head once every node has joined; the job ends with it. */
const rayHead =
  ({ port, includeDashboard, dashboardPort, headArguments }: Ray, ports: readonly number[], nodes: number) =>
  (command: string) =>
    `
export RAY_ADDRESS=${HOST}:${port ?? ports[1]} RAY_DISABLE_IMPORT_WARNING=1 RAY_USAGE_STATS_ENABLED=0
ray start --head --node-ip-address=${HOST} --port=${port ?? ports[1]} --include-dashboard=${includeDashboard}${
      dashboardPort === undefined ? '' : ` --dashboard-port=${dashboardPort}`
    } --disable-usage-stats ${headArguments} || exit
python -c '
import ray, time
ray.init(address="auto", logging_level="error")
while sum(node["Alive"] for node in ray.nodes()) < ${nodes}:
    time.sleep(0.2)
' || exit
${command}`

/** Ray gives up where the head listens but has not told of itself yet: it is asked again. */
const rayWorker =
  ({ port, workerArguments }: Ray, ports: readonly number[]) =>
  () =>
    `
export RAY_USAGE_STATS_ENABLED=0
for _ in $(seq 600); do (exec 3<>/dev/tcp/${HOST}/${port ?? ports[1]}) 2>/dev/null && break; sleep 0.2; done
for _ in $(seq 10); do ray start --address=${HOST}:${port ?? ports[1]} --block ${workerArguments} && exit; sleep 1; done
exit 1`

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

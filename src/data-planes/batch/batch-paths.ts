const BELOW_WORKSPACE =
  /^\/mferp\/managementfrontend(\/subscriptions\/[^/]+\/resourcegroups\/[^/]+\/providers\/microsoft\.machinelearningservices\/workspaces\/[^/]+\/batchendpoints\/([^/]+))(?:\/deployments\/([^/]+))?\/jobs((?:\/[^/?]+)*)\/?(?:\?.*)?$/i

/** The jobs of a batch endpoint, or of one of its deployments, as a path of a region's host names them. */
export interface JobsPath {
  readonly endpointId: string
  readonly endpoint: string
  readonly deployment: string | undefined
  /** The path of the jobs themselves, as it was asked. */
  readonly collection: string
  readonly below: readonly string[]
}

/** Reads such a path; undefined for any other. */
export function jobsPath(url: string): JobsPath | undefined {
  const [, id, name = '', deployment, rest = ''] = BELOW_WORKSPACE.exec(url) ?? []
  if (id === undefined) return undefined
  const [path = ''] = url.split('?', 1)
  const below = segments(rest)
  const parts = path.replace(/\/+$/, '').split('/')
  return {
    endpointId: decoded(id),
    endpoint: decoded(name),
    deployment: deployment && decoded(deployment),
    collection: parts.slice(0, parts.length - below.length).join('/'),
    below,
  }
}

/** The parts of a path, decoded. */
export const segments = (path: string): readonly string[] =>
  path
    .split('/')
    .filter((part) => part !== '')
    .map(decoded)

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

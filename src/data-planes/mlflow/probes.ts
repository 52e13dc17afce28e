import type { SurfaceHandler } from '../../gateway/surface.ts'

/** The version of MLflow's REST protocol that is spoken: its clients choose by it what they ask for. */
export const PROTOCOL_VERSION = '3.17.0'

const probes: ReadonlyMap<string, string> = new Map([
  ['health', 'OK'],
  ['version', PROTOCOL_VERSION],
])
const PATH = /^(?:\/mlflow(?:\/v\d\.0)?\/subscriptions\/[^?]+\/workspaces\/[^/?]+)?\/(health|version)\/?(?:\?.*)?$/i

/** What an MLflow server answers to anybody: that it is there, and its version. Undefined for any other path. */
export function mlflowProbe(url: string): SurfaceHandler | undefined {
  const text = probes.get(PATH.exec(url)?.[1]?.toLowerCase() ?? '')
  if (text === undefined) return undefined
  return async (request, response, context) => {
    const known = request.method === 'GET' || request.method === 'HEAD'
    response.writeHead(known ? 200 : 405, {
      'content-type': 'text/plain; charset=utf-8',
      'content-length': known ? text.length : 0,
      'x-ms-request-id': context.requestId,
      ...(!known && { allow: 'GET, HEAD' }),
    })
    response.end(request.method === 'GET' ? text : undefined)
  }
}

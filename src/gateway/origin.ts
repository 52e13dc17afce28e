import type { Origin } from './surface.ts'

/** URLs below Lazuli's own origin (`https://localhost:8484`), with the reserved paths where a name must be carried. */
export function ownOrigin(base: string): Origin {
  const same = () => base
  return {
    arm: same,
    login: same,
    regional: same,
    discovery: same,
    blob: (account) => `${base}/_blob/${account}`,
    storage: (account, service) => `${base}/_${service}/${account}`,
    vault: (name) => `${base}/_vault/${name}`,
    containerRegistry: (name) => `${base}/_registry/${name}`,
    scoring: (endpoint, region) => `${base}/_score/${region}/${endpoint}`,
    graph: same,
    studio: () => `${base}/studio`,
  }
}

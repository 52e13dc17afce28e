import type { Run } from './runs.ts'

/** A run with nothing of its own but its id, for tests and benches of what keeps runs. */
export const testRun = (id: string, more: Partial<Run> = {}): Run => ({
  id,
  workspace: 'w',
  experimentId: 'e',
  experimentName: 'e',
  kind: 'command',
  displayName: id,
  status: 'Running',
  createdAt: '2026-01-01T00:00:00Z',
  createdBy: { objectId: 'a', name: 'a' },
  rootId: id,
  number: 1,
  tags: {},
  properties: {},
  params: {},
  hidden: false,
  outputs: {},
  warnings: [],
  spans: [],
  etag: '1',
  ...more,
})

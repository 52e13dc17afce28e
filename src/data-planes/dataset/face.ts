import { Type } from 'typebox'
import { resolveAsset } from '../../domain/models/resolve-asset.ts'
import type { JsonObject } from '../../json.ts'
import { historyRefusal } from '../history-errors.ts'
import { type Face, operation } from '../operation.ts'

const Ids = Type.Object({ values: Type.Array(Type.String(), { maxItems: 1000 }) })

/** The data service: what a client asks that downloads a job's named outputs. */
export const dataFace: Face = {
  name: 'Data',
  prefixes: ['/data/v1.0'],
  refuse: historyRefusal,
  operations: [
    operation({
      name: 'DataVersion.batchGetResolvedUris',
      method: 'POST',
      path: '/dataversion/batchGetResolvedUris',
      right: 'data/versions/read',
      body: Ids,
      async answer({ store }, { workspace, body }) {
        const values: Record<string, JsonObject> = {}
        for (const id of body.values) {
          const { uri, type } = await resolveAsset(store, workspace, { id, kind: 'data' })
          values[id] = { uri, type }
        }
        return { values }
      },
    }),
  ],
}

/** The model registry's own plane, likewise. */
export const modelRegistryFace: Face = {
  name: 'Model registry',
  prefixes: ['/modelregistry/v1.0'],
  refuse: historyRefusal,
  operations: [
    operation({
      name: 'Models.batchGetResolvedUris',
      method: 'POST',
      path: '/models/batchGetResolvedUris',
      right: 'models/versions/read',
      body: Ids,
      async answer({ store }, { workspace, body }) {
        const values: Record<string, JsonObject> = {}
        for (const id of body.values) {
          const { uri, type } = await resolveAsset(store, workspace, { id, kind: 'models' })
          values[id] = { path: uri, type }
        }
        return { values }
      },
    }),
  ],
}

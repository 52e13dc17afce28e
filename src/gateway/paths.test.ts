import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathTarget } from './paths.ts'

for (const [url, surface, name, below] of [
  ['/', 'direct', '', '/'],
  ['/?x=1', 'direct', '', '/?x=1'],
  ['/subscriptions/s?api-version=1', 'arm', '', '/subscriptions/s?api-version=1'],
  ['/Subscriptions', 'arm', '', '/Subscriptions'],
  ['/providers/Microsoft.X', 'arm', '', '/providers/Microsoft.X'],
  ['/tenants?api-version=1', 'arm', '', '/tenants?api-version=1'],
  ['/metadata/endpoints?api-version=1', 'direct', '', '/metadata/endpoints?api-version=1'],
  ['/t-1/oauth2/token', 'login', '', '/t-1/oauth2/token'],
  ['/common/discovery/instance?a=b', 'login', '', '/common/discovery/instance?a=b'],
  ['/organizations/v2.0/.well-known/openid-configuration', 'login', '', undefined],
  ['/discovery', 'regional', '', '/discovery'],
  ['/history/v1.0/subscriptions/s', 'regional', '', undefined],
  ['/mlflow/v2.0/x', 'regional', '', undefined],
  ['/_blob/acct/c/b%20?comp=list', 'blob', 'acct', '/c/b%20?comp=list'],
  ['/_blob/acct?comp=list', 'blob', 'acct', '/?comp=list'],
  ['/_blob/acct', 'blob', 'acct', '/'],
  ['/_blob', 'blob', '', '/'],
  ['/_dfs/acct/fs', 'storage', 'acct', '/fs'],
  ['/_vault/kv/secrets/s?x', 'vault', 'kv', '/secrets/s?x'],
  ['/_score/eastus/iris/score?x=/y', 'scoring', 'iris.eastus', '/score?x=/y'],
  ['/lazuli/status', 'direct', '', '/lazuli/status'],
  ['/nothing/here', 'direct', '', '/nothing/here'],
  ['/x?y=/oauth2/', 'direct', '', '/x?y=/oauth2/'],
] as const) {
  test(`${url} is the ${surface} plane's`, () => {
    assert.deepEqual(pathTarget(url), { surface, name, url: below ?? url })
  })
}

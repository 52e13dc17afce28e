import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bypasses } from './upstream.ts'

for (const [noProxy, host, port, bypassed, why] of [
  ['', 'a.org', 443, false, 'nothing is excepted'],
  ['*', 'a.org', 443, true, 'everything is'],
  ['a.org', 'a.org', 443, true, 'the host itself'],
  ['a.org', 'x.a.org', 443, true, 'a host below'],
  ['.a.org', 'x.a.org', 443, true, 'a leading dot'],
  ['*.a.org', 'x.a.org', 443, true, 'a leading star'],
  ['a.org', 'ba.org', 443, false, 'a longer name that only ends alike'],
  ['b.org, a.org', 'A.ORG', 443, true, 'any entry, whatever the case'],
  ['a.org:8443', 'a.org', 443, false, 'another port'],
  ['a.org:443', 'a.org', 443, true, 'this port'],
  ['10.0.0.0/8', '10.1.2.3', 80, true, 'a range'],
  ['10.0.0.0/8', '11.1.2.3', 80, false, 'outside of the range'],
  ['::1', '::1', 80, true, 'an IPv6 address'],
  ['fd00::/8', 'fd12::1', 80, true, 'an IPv6 range'],
] as const) {
  test(`NO_PROXY '${noProxy}' and ${host}:${port} (${why})`, () => {
    assert.equal(bypasses({ host, port }, noProxy), bypassed)
  })
}

import { Type } from 'typebox'
import type { Sealed } from '../../domain/vaults/ciphers.ts'
import { decrypt, encrypt, sign, type UseKey, verify } from '../../domain/vaults/keys.ts'
import type { JsonObject } from '../../json.ts'
import { Bytes } from './common.ts'
import { idOf } from './present.ts'
import { rightTo, type VaultOperation, vaultOperation } from './vault-operation.ts'

const kind = 'keys'
const Use = Type.Object({
  alg: Type.String(),
  value: Bytes,
  iv: Type.Optional(Bytes),
  tag: Type.Optional(Bytes),
  aad: Type.Optional(Bytes),
})
interface UseBody {
  readonly alg: string
  readonly value: string
  readonly iv?: string
  readonly tag?: string
  readonly aad?: string
}

/** A use of the key's version, or of its current one: az writes a double slash there. */
const paths = (use: string) =>
  [`/keys/{name}/{version}/${use}`, `/keys/{name}//${use}`] as readonly `/keys/{name}/{version}/${string}`[]

const clearShown = (value: Buffer): JsonObject => ({ value: value.toString('base64url') })

const sealedShown = ({ value, iv, tag, aad }: Sealed): JsonObject => ({
  value: value.toString('base64url'),
  ...(iv && { iv: iv.toString('base64url') }),
  ...(tag && { tag: tag.toString('base64url') }),
  ...(aad && { aad: aad.toString('base64url') }),
})

type Deps = Parameters<typeof sign>[0]
type Named = Parameters<typeof sign>[1]
type Used<Result> = Promise<Omit<Awaited<ReturnType<typeof sign>>, 'result'> & { readonly result: Result }>

/** A use that makes something of a value, at each of its paths. */
const operationsOf = <Result>(
  use: string,
  run: (deps: Deps, named: Named, body: UseKey) => Used<Result>,
  shown: (result: Result) => JsonObject,
): readonly VaultOperation[] =>
  paths(use.toLowerCase()).map((path) =>
    vaultOperation({
      name: `Keys.${use}`,
      method: 'POST',
      path,
      right: rightTo(kind, use, `${use.replace('Key', '')}/action`),
      body: Use,
      async answer(deps, call) {
        const named = { ...call, kind, name: call.params.name } as const
        const found = await run(deps, named, asked(call.params.version, call.body))
        return { body: { kid: idOf(call, found.version), ...shown(found.result) } }
      },
    }),
  )

/** What keys are for. `wrap` and `unwrap` in roles are `wrapKey` and `unwrapKey` everywhere else. */
export const keyUseOperations: readonly VaultOperation[] = [
  ...(['encrypt', 'wrapKey'] as const).flatMap((use) =>
    operationsOf(use, (deps, named, body) => encrypt(deps, named, use, body), sealedShown),
  ),
  ...(['decrypt', 'unwrapKey'] as const).flatMap((use) =>
    operationsOf(use, (deps, named, body) => decrypt(deps, named, use, body), clearShown),
  ),
  ...operationsOf('sign', sign, clearShown),
  ...paths('verify').map((path) =>
    vaultOperation({
      name: 'Keys.verify',
      method: 'POST',
      path,
      right: rightTo(kind, 'verify', 'verify/action'),
      body: Type.Object({ alg: Type.String(), digest: Bytes, value: Bytes }),
      async answer(deps, call) {
        const { alg, digest, value } = call.body
        const named = { ...call, kind, name: call.params.name } as const
        const found = await verify(deps, named, {
          version: call.params.version,
          alg,
          digest: bytes(digest),
          signature: bytes(value),
        })
        return { body: { value: found.result } }
      },
    }),
  ),
]

const bytes = (text: string): Buffer => Buffer.from(text, 'base64url')

const asked = (version: string, { alg, value, iv, tag, aad }: UseBody): UseKey => ({
  version,
  alg,
  value: bytes(value),
  ...(iv !== undefined && { iv: bytes(iv) }),
  ...(tag !== undefined && { tag: bytes(tag) }),
  ...(aad !== undefined && { aad: bytes(aad) }),
})

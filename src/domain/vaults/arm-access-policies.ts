import { fault } from '../../faults.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'
import { parseResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Page, Repositories } from '../../store/store.ts'
import { textsAt } from '../roles/find-role.ts'

/** What a PUT does with the policies that it names; the names of the resources that it is put to. */
export const policyOperations = ['add', 'replace', 'remove'] as const
type PolicyOperation = (typeof policyOperations)[number]

const KINDS = ['keys', 'secrets', 'certificates', 'storage'] as const

/** A vault's access policies as Azure changes them one by one: the backing of `vaults/accessPolicies`. */
export const armAccessPolicies = {
  /** They are the vault's own and stand in it: there is nothing to read here. */
  async get(): Promise<undefined> {
    return undefined
  },

  async put(into: Repositories, resource: StoredResource): Promise<void> {
    const id = parseResourceId(resource.id)
    const vault = id?.parent && (await into.resources.get(id.parent.key))
    if (!vault) throw fault('VaultUnknown', { vault: id?.parent?.name ?? '' })
    const properties = objectAt(vault.body.properties)
    const accessPolicies = changedPolicies(
      policiesIn(properties),
      policiesIn(objectAt(resource.body.properties)),
      resource.name.toLowerCase() as PolicyOperation,
    )
    await into.resources.put({ ...vault, body: { ...vault.body, properties: { ...properties, accessPolicies } } })
  },

  /** With the vault, in which they stand. */
  remove: async (): Promise<void> => undefined,

  async list(): Promise<Page<StoredResource>> {
    return { items: [] }
  },
}

const policiesIn = ({ accessPolicies }: JsonObject): readonly JsonObject[] =>
  Array.isArray(accessPolicies) ? accessPolicies.filter(isObject) : []

/** `add` joins permissions, `replace` takes the named principals' place, `remove` takes permissions away. */
export function changedPolicies(
  before: readonly JsonObject[],
  named: readonly JsonObject[],
  operation: PolicyOperation,
): readonly JsonObject[] {
  const rest = before.filter((one) => !named.some((other) => sameHolder(one, other)))
  if (operation === 'replace') return [...rest, ...named]
  const changed = named.flatMap((wish) => {
    const held = before.find((one) => sameHolder(one, wish))
    if (operation === 'add')
      return [{ ...wish, permissions: joined(objectAt(held?.permissions), objectAt(wish.permissions)) }]
    if (!held) return []
    const permissions = reduced(objectAt(held.permissions), objectAt(wish.permissions))
    return KINDS.some((kind) => textsAt(permissions[kind]).length > 0) ? [{ ...held, permissions }] : []
  })
  return [...rest, ...changed]
}

const holder = ({ tenantId, objectId, applicationId }: JsonObject): string =>
  [tenantId, objectId, applicationId].map((part) => textAt(part)?.toLowerCase() ?? '').join(' ')

const sameHolder = (one: JsonObject, other: JsonObject): boolean => holder(one) === holder(other)

const fold = (texts: unknown): readonly string[] => textsAt(texts).map((text) => text.toLowerCase())

const joined = (held: JsonObject, wish: JsonObject): JsonObject =>
  Object.fromEntries(
    KINDS.map((kind) => [
      kind,
      [...textsAt(held[kind]), ...textsAt(wish[kind]).filter((one) => !fold(held[kind]).includes(one.toLowerCase()))],
    ]),
  )

const reduced = (held: JsonObject, wish: JsonObject): JsonObject =>
  Object.fromEntries(
    KINDS.map((kind) => [kind, textsAt(held[kind]).filter((one) => !fold(wish[kind]).includes(one.toLowerCase()))]),
  )

import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { foldId, parseResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Page } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import { ROLE_ASSIGNMENTS } from '../roles/assignments.ts'
import { ROLE_DEFINITIONS, roleKey } from '../roles/find-role.ts'
import { builtInRoles } from '../roles/roles.ts'
import type { Columns, Row } from './compile.ts'
import { notOffered, senseless } from './refuse.ts'
import type { Place, Type, Value } from './syntax.ts'

/** What a reader of tables is given: the resources as the caller may see them. */
export interface Reader {
  readonly deps: Pick<Deps, 'store' | 'tenantId'>
  /** Folded ids of the subscriptions that are asked about. */
  readonly subscriptions: readonly string[]
  /** Types below other resources that Azure lists beside the top-level ones. */
  readonly childTypes: readonly string[]
  readonly mayRead: (resource: StoredResource) => Promise<boolean>
  /** A resource as its own GET shows it. */
  readonly present: (resource: StoredResource) => Promise<JsonObject>
}

export interface Table {
  readonly columns: Columns
  rows(reader: Reader): AsyncIterable<readonly Row[]>
}

/** The columns that every table here has, in Azure's order. */
const columns: Columns = new Map<string, Type>([
  ...(
    ['id', 'name', 'type', 'tenantId', 'kind', 'location', 'resourceGroup', 'subscriptionId', 'managedBy'] as const
  ).map((name) => [name, 'string'] as const),
  ...(['sku', 'plan', 'properties', 'tags', 'identity', 'zones', 'extendedLocation'] as const).map(
    (name) => [name, 'dynamic'] as const,
  ),
])

const PAGE = 500

const tables: Readonly<Record<string, Table>> = {
  resources: {
    columns,
    async *rows(reader) {
      const { resources } = reader.deps.store
      for (const scope of reader.subscriptions) {
        yield* seen(reader, (after) => resources.under(scope, { limit: PAGE, ...after }))
        for (const type of reader.childTypes) {
          yield* seen(reader, (after) => resources.ofType(scope, type, { limit: PAGE, ...after }))
        }
      }
    },
  },
  resourcecontainers: {
    columns,
    async *rows(reader) {
      const { resources } = reader.deps.store
      for (const scope of reader.subscriptions) {
        const subscription = await resources.get(scope)
        yield* seen(reader, async () => ({ items: subscription ? [subscription] : [] }))
        yield* seen(reader, (after) =>
          resources.ofType(scope, 'Microsoft.Resources/resourceGroups', { limit: PAGE, ...after }),
        )
      }
    },
  },
  authorizationresources: {
    columns,
    async *rows(reader) {
      const { resources } = reader.deps.store
      // Assignments at the tenant count for every subscription; they stand in no subscription's keys.
      const within = ({ id }: StoredResource): boolean =>
        !foldId(id).startsWith('/subscriptions/') ||
        reader.subscriptions.some((one) => foldId(id).startsWith(`${one}/`))
      for (const type of [ROLE_ASSIGNMENTS, ROLE_DEFINITIONS]) {
        for await (const part of pages((after) => resources.ofType('', type, { limit: PAGE, ...after }))) {
          yield await visible(reader, part.filter(within))
        }
      }
      yield builtInRoles.map((role) =>
        rowOf(
          reader,
          { id: roleKey(role.id), type: ROLE_DEFINITIONS, name: role.id },
          {
            properties: {
              roleName: role.name,
              description: role.description,
              type: 'BuiltInRole',
              permissions: [
                {
                  actions: role.actions,
                  notActions: role.notActions,
                  dataActions: role.dataActions,
                  notDataActions: role.notDataActions,
                },
              ],
              assignableScopes: ['/'],
            },
          },
        ),
      )
    },
  },
}

/** Tables of Azure's that hold what is not kept here. */
const ELSEWHERE =
  /^(advisor|alertsmanagement|appservice|aws|batch|chaos|community|compute|deletedresources|desktopvirtualization|dns|edgeorder|elastic|extendedlocation|feature|guestconfiguration|health|insight|iot|kubernetesconfiguration|kusto|maintenance|managedservice|migrate|network|orbital|patch|policy|quota|recoveryservices|resource|security|service|spot|support|tag)\w*(resources|changes|containerchanges)$/

/** A table by its name, in any case. @throws QueryInvalid */
export function tableOf(name: string, place: Place): Table {
  const table = Object.hasOwn(tables, name) ? tables[name] : undefined
  if (table) return table
  if (ELSEWHERE.test(name)) throw notOffered(place, `The table '${name}'`)
  throw senseless(place, `Table '${name}' is not one of ${Object.keys(tables).join(', ')}`)
}

type Look = (after: { readonly after?: string }) => Promise<Page<StoredResource>>

async function* pages(look: Look): AsyncIterable<readonly StoredResource[]> {
  let next: string | undefined
  do {
    const page = await look(next === undefined ? {} : { after: next })
    yield page.items
    next = page.next
    // Others get their turn between two pages of a long table.
    await new Promise(setImmediate)
  } while (next !== undefined)
}

async function* seen(reader: Reader, look: Look): AsyncIterable<readonly Row[]> {
  for await (const part of pages(look)) yield await visible(reader, part)
}

async function visible(reader: Reader, part: readonly StoredResource[]): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const resource of part) {
    if (await reader.mayRead(resource)) rows.push(rowOf(reader, resource, await reader.present(resource)))
  }
  return rows
}

function rowOf(
  { deps }: Pick<Reader, 'deps'>,
  { id, type, name }: Pick<StoredResource, 'id' | 'type' | 'name'>,
  shown: JsonObject,
): Row {
  const parsed = parseResourceId(id)
  const inGroup = parsed?.resourceGroup?.toLowerCase() ?? ''
  const value = (key: string): Value => (shown[key] as Value | undefined) ?? null
  return Object.assign(Object.create(null), {
    id,
    name: type === 'Microsoft.Resources/subscriptions' ? (textAt(shown.displayName) ?? name) : name,
    type: graphType(type),
    tenantId: deps.tenantId,
    kind: textAt(shown.kind) ?? '',
    location: textAt(shown.location) ?? '',
    resourceGroup: inGroup,
    subscriptionId: parsed?.subscriptionId ?? '',
    managedBy: textAt(shown.managedBy) ?? '',
    sku: value('sku'),
    plan: value('plan'),
    properties: value('properties') ?? withoutEnvelope(shown),
    tags: value('tags'),
    identity: value('identity'),
    zones: value('zones'),
    extendedLocation: value('extendedLocation'),
  })
}

/** Resource Graph writes types in lower case, and a group's below its subscription's. */
const graphType = (type: string): string =>
  type === 'Microsoft.Resources/resourceGroups'
    ? 'microsoft.resources/subscriptions/resourcegroups'
    : type.toLowerCase()

/** A subscription has its properties beside its id; Resource Graph shows them under `properties` all the same. */
function withoutEnvelope(shown: JsonObject): Value {
  const { state, subscriptionPolicies, managedByTenants } = objectAt(shown)
  return state === undefined
    ? null
    : ({ state, subscriptionPolicies, managedByTenants: managedByTenants ?? [] } as unknown as Value)
}

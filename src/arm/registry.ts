import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ProviderDeclaration, ResourceDeclaration, Scope, ScopeOperation } from './define-resource.ts'
import { operationsListing } from './provider-operations.ts'

/** A declared type and what follows from where its file lies. */
export interface RegisteredType {
  readonly declaration: ResourceDeclaration
  readonly provider: RegisteredProvider
  /** `Namespace/type/child`, the registry's spelling. */
  readonly type: string
  /** The type without its namespace: `workspaces/computes`. */
  readonly path: string
  readonly at: readonly Scope[]
  /** The type one step up; undefined for a top-level one. */
  readonly parent: RegisteredType | undefined
  /** The base of its rights. */
  readonly right: string
}

export interface RegisteredProvider extends ProviderDeclaration {
  readonly types: readonly RegisteredType[]
}

/** Every declared provider and type. It is the only list there is, and it is read from a folder. */
export interface Registry {
  readonly providers: readonly RegisteredProvider[]
  provider(namespace: string): RegisteredProvider | undefined
  type(type: string): RegisteredType | undefined
  /** Declared types one step below a type, or the top-level ones that may stand on any resource. */
  childrenOf(type: RegisteredType): readonly RegisteredType[]
  readonly operations: readonly { readonly provider: RegisteredProvider; readonly operation: ScopeOperation }[]
}

/**
 * Loads `<Namespace>/_provider.ts` and the types beside it.
 *
 * @throws Error where a file declares another type than its path says, or has no declaration
 */
export async function loadRegistry(directory: string): Promise<Registry> {
  const folders = (await readdir(directory, { withFileTypes: true })).filter((entry) => entry.isDirectory())
  const providers = await Promise.all(folders.map((folder) => loadProvider(directory, folder.name)))
  return makeRegistry(providers.filter((provider) => provider !== undefined))
}

interface Loaded {
  readonly provider: ProviderDeclaration
  readonly declarations: readonly ResourceDeclaration[]
}

async function loadProvider(directory: string, namespace: string): Promise<Loaded | undefined> {
  const root = join(directory, namespace)
  const files = (await readdir(root, { recursive: true })).map((file) => file.replaceAll('\\', '/'))
  const entry = files.find((file) => /^_provider\.[jt]s$/.test(file))
  if (!entry) return undefined
  const types = files.filter((file) => /\.[jt]s$/.test(file) && !/(^|\/)_|\.(test|d)\.[jt]s$/.test(file))
  const load = async (file: string): Promise<unknown> => {
    const module: unknown = await import(pathToFileURL(join(root, file)).href)
    return (module as { default?: unknown }).default
  }
  const [provider, ...declarations] = await Promise.all([load(entry), ...types.map(load)])
  if (!isProvider(provider) || provider.namespace !== namespace) {
    throw new Error(`${join(root, entry)} must declare the provider '${namespace}' as its default export`)
  }
  return {
    provider,
    declarations: declarations.map((declaration, index) => {
      const expected = `${namespace}/${types[index]?.replace(/\.[jt]s$/, '')}`
      if (isDeclaration(declaration) && declaration.type === expected) return declaration
      throw new Error(`${join(root, types[index] ?? '')} must declare the type '${expected}' as its default export`)
    }),
  }
}

const isProvider = (value: unknown): value is ProviderDeclaration =>
  typeof value === 'object' && value !== null && 'namespace' in value && 'knownVersions' in value

const isDeclaration = (value: unknown): value is ResourceDeclaration =>
  typeof value === 'object' && value !== null && 'type' in value && 'name' in value && 'reads' in value

/** A registry of what was loaded, or of declarations at hand. */
export function makeRegistry(loaded: readonly Loaded[]): Registry {
  const types = new Map<string, RegisteredType>()
  const providers = loaded
    .toSorted((a, b) => a.provider.namespace.localeCompare(b.provider.namespace))
    .map(({ provider, declarations }) => {
      const own: RegisteredType[] = []
      const registered: RegisteredProvider = { ...provider, types: own }
      for (const declaration of declarations.toSorted((a, b) => depth(a) - depth(b) || compare(a, b))) {
        const { type } = declaration
        const parent = types.get(type.slice(0, type.lastIndexOf('/')).toLowerCase())
        if (depth(declaration) > 2 && !parent) throw new Error(`'${type}' is declared below a type that is not`)
        const entry: RegisteredType = {
          declaration,
          provider: registered,
          type,
          path: type.slice(provider.namespace.length + 1),
          at: parent ? [] : (declaration.at ?? ['resourceGroup']),
          parent,
          right: declaration.right ?? type,
        }
        own.push(entry)
        types.set(type.toLowerCase(), entry)
      }
      return registered
    })
  const byNamespace = new Map(providers.map((provider) => [provider.namespace.toLowerCase(), provider]))
  const all = [...types.values()]
  return {
    providers,
    provider: (namespace) => byNamespace.get(namespace.toLowerCase()),
    type: (type) => types.get(type.toLowerCase()),
    childrenOf: (type) => all.filter(({ parent }) => parent === type),
    operations: providers.flatMap((provider) =>
      [...(provider.operations ?? []), operationsListing(provider.namespace)].map((operation) => ({
        provider,
        operation,
      })),
    ),
  }
}

const depth = ({ type }: ResourceDeclaration): number => type.split('/').length
const compare = (a: ResourceDeclaration, b: ResourceDeclaration): number => a.type.localeCompare(b.type)

import type { Audience } from './identity.ts'

/** Resources that tokens are made for, by family: application id URIs and the applications' own ids. */
const resources: Readonly<Record<Exclude<Audience, 'run'>, readonly string[]>> = {
  arm: ['https://management.azure.com', 'https://management.core.windows.net', '797f4846-ba00-4fd7-ba43-dac1f8f63013'],
  'machine-learning': ['https://ml.azure.com', '18a66f5f-dbdf-4c17-9dd7-1634712a9cbe'],
  storage: ['https://storage.azure.com', 'e406a681-f3d4-42a8-90b6-c2b029497af1'],
  vault: ['https://vault.azure.net', 'cfa8b339-82a2-471a-a3c9-0fc0be7a4093'],
  // Taken by no plane: a token that an application shows in the place of a secret.
  exchange: ['api://azureadtokenexchange', 'fb60f99c-7a34-4190-8149-302f77469936'],
  graph: ['https://graph.microsoft.com', 'https://graph.windows.net', '00000003-0000-0000-c000-000000000000'],
}

const families = new Map(
  Object.entries(resources).flatMap(([family, names]) => names.map((name) => [name, family as Audience] as const)),
)

/** A storage account's own audience: `https://{account}.blob.core.windows.net`. */
const ACCOUNT = /^https:\/\/[a-z0-9]{3,24}\.(blob|dfs|file|queue|table)\.core\.windows\.net$/

/** The family of a resource or an `aud` claim, whatever its slashes: az asks for one that ends in two. */
export function audienceOf(resource: string): Audience | undefined {
  const plain = resource.toLowerCase().replace(/\/+$/, '')
  return families.get(plain) ?? (ACCOUNT.test(plain) ? 'storage' : undefined)
}

/** The names of families as a refusal lists them. */
export const audienceNames = (audiences: readonly Audience[]): string =>
  audiences
    .flatMap((family) => (family === 'run' ? [] : resources[family]))
    .map((name) => `'${name}'`)
    .join(',')

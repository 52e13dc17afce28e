import { fault } from '../../faults.ts'

/** Names that stand for whatever tenant an account has. */
const ANY = new Set(['common', 'organizations', 'consumers'])

/**
 * The tenant of a path, or undefined for the names that stand for any.
 *
 * @throws AADSTS90002 for a tenant that is not here
 */
export function tenantNamed({ tenantId }: { readonly tenantId: string }, name: string): string | undefined {
  if (name === tenantId) return tenantId
  if (ANY.has(name)) return undefined
  throw fault('AADSTS90002', { tenant: name })
}

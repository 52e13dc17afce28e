import { fault } from '../../faults.ts'
import { objectAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import { openSecret, type Sealing } from '../../store/sealing.ts'

/** Where a registry's passwords stand among its secrets. */
export const registryPasswordPaths = { password: 'password', password2: 'password2' } as const

export const adminUserEnabled = (registry: StoredResource): boolean =>
  objectAt(registry.body.properties).adminUserEnabled === true

/**
 * The admin user's name and passwords.
 *
 * @throws RegistryAdminDisabled
 */
export function credentialsOf(
  sealing: Sealing,
  registry: StoredResource,
): { username: string; passwords: { name: string; value: string }[] } {
  if (!adminUserEnabled(registry)) throw fault('RegistryAdminDisabled', { id: registry.id })
  const passwords = (['password', 'password2'] as const).map((name) => ({
    name,
    value: openSecret(sealing, registry, registryPasswordPaths[name]) ?? '',
  }))
  return { username: registry.name, passwords }
}

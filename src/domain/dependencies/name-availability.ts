import type { JsonObject } from '../../json.ts'
import type { Resources } from '../../store/resources.ts'

/** A kind of name that all of Azure shares, and the sentence that its service answers a bad one with. */
export interface GlobalName {
  readonly type: string
  readonly rule: RegExp
  readonly invalid: (name: string) => string
  readonly taken: (name: string) => string
  readonly invalidReason?: string
}

/** Whether a name that must be unique in all of Azure can be had, as `checkNameAvailability` tells it. */
export async function nameAvailability(resources: Resources, kind: GlobalName, name: string): Promise<JsonObject> {
  if (!kind.rule.test(name)) {
    return { nameAvailable: false, reason: kind.invalidReason ?? 'AccountNameInvalid', message: kind.invalid(name) }
  }
  const holder = await resources.byGlobalName(kind.type, name)
  return holder ? { nameAvailable: false, reason: 'AlreadyExists', message: kind.taken(name) } : { nameAvailable: true }
}

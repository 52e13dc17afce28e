import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt } from '../../json.ts'

/** As Azure counts them: all addresses with a comma between. */
const MOST_CHARACTERS = 499

/**
 * Looks at whom a job's end is to be told to. It is kept, and `unnotified` says what becomes of it.
 *
 * @throws JobInvalid
 */
export function checkNotification(job: JsonObject): void {
  const { emailOn, emails, webhooks } = objectAt(job.notificationSetting)
  const addresses = Array.isArray(emails) ? emails.map(String) : []
  const refuse = (reason: string, target: string) =>
    fault('JobInvalid', { reason }, { target: `properties.notificationSetting.${target}` })
  if (isSome(emailOn) && addresses.length === 0)
    throw refuse("A notificationSetting with 'emailOn' needs 'emails', the addresses to tell.", 'emails')
  const strange = addresses.find((address) => !/^[^\s@,]+@[^\s@,]+$/.test(address))
  if (strange !== undefined) throw refuse(`'${strange}' is no e-mail address.`, 'emails')
  if (addresses.join(',').length > MOST_CHARACTERS)
    throw refuse(`The addresses of a notificationSetting may have ${MOST_CHARACTERS} characters together.`, 'emails')
  for (const [name, webhook] of Object.entries(objectAt(webhooks))) {
    if (!isObject(webhook)) throw refuse(`The webhook '${name}' is no object.`, `webhooks.${name}`)
  }
}

/** What a job with such a setting says from its beginning; undefined for one without. */
export function unnotified(job: JsonObject): string | undefined {
  const { emailOn, webhooks } = objectAt(job.notificationSetting)
  return isSome(emailOn) || Object.keys(objectAt(webhooks)).length > 0
    ? 'The notificationSetting is kept, but nobody will be notified: no mail is sent and no webhook called from here.'
    : undefined
}

const isSome = (list: Json | undefined): boolean => Array.isArray(list) && list.length > 0

import { fault } from '../faults.ts'

const CONTAINER = /^[a-z0-9]+(-[a-z0-9]+)*$/
const SPECIAL = new Set(['$root', '$logs', '$web'])

/** @throws ResourceNameLength, InvalidResourceName where the text can't be a container's name */
export function demandContainerName(name: string): void {
  if (name.length < 3 || name.length > 63) throw fault('ResourceNameLength')
  if (!CONTAINER.test(name) && !SPECIAL.has(name)) throw fault('InvalidResourceName')
}

/**
 * Names are never paths here: bytes lie under ids of our own, so any text is safe. What Azure refuses is refused.
 *
 * @throws InvalidResourceName, InvalidUri
 */
export function demandBlobName(name: string): void {
  if (name === '') throw fault('InvalidUri')
  if (name.length > 1024 || name.includes('\u{10ffff}') || name.includes('\0') || !name.isWellFormed()) {
    throw fault('InvalidResourceName')
  }
}

/** The account's file service, whose shares stand beside the containers: no account's name holds this character. */
export const fileAccount = (account: string): string => `${account}#file`

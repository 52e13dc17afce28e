/** A version of a vault's key, as its URI names it: Azure's host or the own origin's path. */
export interface KeyIdentifier {
  readonly vault: string
  readonly key: string
  /** '' for whichever is current. */
  readonly version: string
}

const AZURE = /^https:\/\/([a-zA-Z0-9-]+)\.[^/]+\/keys\/([a-zA-Z0-9-]+)(?:\/([0-9a-zA-Z]+))?\/?$/
const OWN = /^https?:\/\/[^/]+\/_vault\/([a-zA-Z0-9-]+)\/keys\/([a-zA-Z0-9-]+)(?:\/([0-9a-zA-Z]+))?\/?$/

export function parseKeyIdentifier(text: string): KeyIdentifier | undefined {
  const [, vault, key, version = ''] = AZURE.exec(text) ?? OWN.exec(text) ?? []
  return vault !== undefined && key !== undefined ? { vault, key, version } : undefined
}

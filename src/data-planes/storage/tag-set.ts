import { element } from './xml.ts'

/** A blob's tags as documents hold them. */
export const tagSet = (tags: Readonly<Record<string, string>> = {}): string =>
  `<TagSet>${Object.entries(tags)
    .map(([key, value]) => `<Tag>${element('Key', key)}${element('Value', value)}</Tag>`)
    .join('')}</TagSet>`

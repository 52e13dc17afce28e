import { fault } from '../faults.ts'
import type { ContainerRow } from '../store/blobs.ts'
import { containerFor } from './contents.ts'
import type { Core } from './core.ts'
import { parseTags, type TagComparison, tagsMatch } from './tag-expression.ts'

export interface TaggedBlob {
  readonly container: string
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
}

export interface FindByTags {
  /** `"a" = 'b' AND @container = 'c'` */
  readonly where: string
  /** Left out: everywhere in the account. */
  readonly container: string | undefined
  readonly marker: string
  readonly limit: number
}

const STEP = 500

/**
 * A page of the blobs whose tags fulfil an expression, by container and name. The index is sought by the expression's
 * first equality, or else by the first tag's name; the rest is looked at in each blob.
 *
 * @throws InvalidQueryParameterValue, ContainerNotFound
 */
export async function findByTags(
  core: Core,
  account: string,
  { where, container, marker, limit }: FindByTags,
): Promise<{ readonly items: readonly TaggedBlob[]; readonly next?: string }> {
  const [all = [], ...others] = parseTags(where)
  // Azure takes no OR here.
  if (others.length > 0) throw fault('InvalidQueryParameterValue')
  const wished = all.filter(({ key }) => key !== '@container')
  const places = all.filter(({ key }) => key === '@container')
  if (places.some(({ operator }) => operator !== '=') || wished.some(({ operator }) => operator === '<>')) {
    throw fault('InvalidQueryParameterValue')
  }
  const [leading] = [...wished.filter(({ operator }) => operator === '='), ...wished]
  if (!leading) throw fault('InvalidQueryParameterValue')
  const from = positionOf(marker)
  const items: TaggedBlob[] = []
  for await (const one of containersOf(core, account, container, from.container)) {
    if (places.some(({ value }) => value !== one.name)) continue
    const after = one.name === from.container ? from.name : ''
    for await (const found of within(core, one, { leading, wished, after })) {
      if (items.length === limit) return { items, next: markerOf(items.at(-1)) }
      items.push(found)
    }
  }
  return { items }
}

async function* containersOf(
  { rows }: Core,
  account: string,
  only: string | undefined,
  from: string,
): AsyncGenerator<ContainerRow> {
  if (only !== undefined) {
    yield await containerFor(rows, account, only)
    return
  }
  for (let start = from, exclusive = false; ; exclusive = true) {
    const page = await rows.containers(account, { from: start, exclusive, limit: STEP })
    yield* page
    const last = page.at(-1)
    if (!last || page.length < STEP) return
    start = last.name
  }
}

async function* within(
  { rows }: Core,
  container: ContainerRow,
  { leading, wished, after }: { leading: TagComparison; wished: readonly TagComparison[]; after: string },
): AsyncGenerator<TaggedBlob> {
  const tag = { key: leading.key, ...(leading.operator === '=' && { value: leading.value }) }
  for (let last = after; ; ) {
    const names = await rows.tagged(container.id, tag, { after: last, limit: STEP })
    for (const name of names) {
      const tags = (await rows.blob(container.id, name))?.state.tags
      if (tags && tagsMatch(tags, [wished])) yield { container: container.name, name, tags }
    }
    if (names.length < STEP) return
    last = names.at(-1) ?? last
  }
}

const markerOf = (last: TaggedBlob | undefined): string =>
  Buffer.from(JSON.stringify([last?.container, last?.name])).toString('base64url')

function positionOf(marker: string): { readonly container: string; readonly name: string } {
  if (marker === '') return { container: '', name: '' }
  try {
    const parsed: unknown = JSON.parse(Buffer.from(marker, 'base64url').toString())
    if (Array.isArray(parsed) && typeof parsed[0] === 'string' && typeof parsed[1] === 'string') {
      return { container: parsed[0], name: parsed[1] }
    }
  } catch {
    // Refused below, as any other text that is no marker.
  }
  throw fault('OutOfRangeInput')
}

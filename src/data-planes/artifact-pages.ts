import type { openArtifacts } from '../domain/artifacts/artifacts.ts'
import { readPageToken } from '../domain/search/page-token.ts'
import type { Origin } from '../gateway/surface.ts'
import type { JsonObject } from '../json.ts'
import { presentArtifact, presentContent } from './artifact-dto.ts'
import { presentPage } from './paging.ts'

const PAGE = 1000

/** What a page of artifacts is asked for with. */
export interface ArtifactPage {
  readonly path: string
  readonly token: string | undefined
  /** Where their bytes are read, instead of what they are. */
  readonly contents?: boolean
  readonly asked: { readonly origin: Origin; readonly workspace: { readonly region: string }; readonly url: string }
}

/** The artifacts below a path, page by page, as run history and the artifact service list them. */
export async function listArtifacts(
  artifacts: Awaited<ReturnType<typeof openArtifacts>>,
  { path, token, contents = false, asked }: ArtifactPage,
): Promise<JsonObject> {
  const after = readPageToken(token)
  const page = await artifacts.list(path, { limit: PAGE, ...(after !== undefined && { after }) })
  const items = contents
    ? await Promise.all(page.items.map((item) => presentContent(artifacts, item.path, asked.origin)))
    : page.items.map((item) => presentArtifact(artifacts, item))
  return presentPage({ ...page, items }, (item) => item, { asked, parameter: 'continuationToken' })
}

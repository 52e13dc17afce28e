import { textAt } from '../../json.ts'
import type { TrackedDocument } from '../../store/documents.ts'
import type { Repositories } from '../../store/store.ts'
import type { Deps } from '../deps.ts'

const KIND = 'environment-label'
const keyOf = (name: string, label: string): string => `${name.toLowerCase()}/${label}`

/** The version of an environment that has a label; undefined where none has. */
export async function labelledVersion(
  from: Repositories,
  workspace: string,
  { name, label }: { readonly name: string; readonly label: string },
): Promise<string | undefined> {
  return textAt((await from.documents.get(workspace, KIND, keyOf(name, label)))?.body.version)
}

/** Gives a version of an environment these labels and no others; each is taken from whichever version had it. */
export async function setLabels(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  workspace: string,
  { name, version, labels }: { readonly name: string; readonly version: string; readonly labels: readonly string[] },
): Promise<void> {
  const owner = name.toLowerCase()
  const at = now().getTime()
  await store.write(async (within) => {
    const { items } = await within.documents.find(workspace, KIND, { owners: [owner] })
    const gone = items.filter(({ body, name: label }) => body.version === version && !labels.includes(label))
    await within.documents.remove(
      workspace,
      KIND,
      gone.map(({ id }) => id),
    )
    for (const label of labels) {
      const document: TrackedDocument = {
        ...{ workspace, kind: KIND, id: keyOf(name, label), owner, name: label, at },
        body: { version },
      }
      await within.documents.put(document)
    }
  })
}

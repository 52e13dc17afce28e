import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

/**
 * The examples of a work tree that can't run since files of theirs are missing from it, as large ones may be, with those
 * files. A folder that is no work tree of git tells nothing about what is missing.
 */
export async function incomplete(
  tree: string,
  examples: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { stdout } = await promisify(execFile)('git', ['-C', tree, 'ls-files', '-z', '--deleted'], {
    maxBuffer: 64 << 20,
  }).catch(() => ({ stdout: '' }))
  const missing = stdout.split('\0').filter((path) => path !== '')
  const found = examples.flatMap((id): readonly (readonly [string, readonly string[]])[] => {
    // Flows and scripts are made of several examples; they say themselves what they lack.
    if (!/\.(ya?ml|ipynb)$/.test(id)) return []
    const folder = dirname(id.replace(/^nb:/, ''))
    const files = missing.filter((path) => path.startsWith(`${folder}/`))
    return files.length > 0 ? [[id, files]] : []
  })
  return new Map(found)
}

import { matchesGlob, posix } from 'node:path'
import type { ContextFile } from './context.ts'
import { type ImageState, pathIn } from './image-state.ts'
import { atLine, type Step } from './read-dockerfile.ts'
import { expand } from './variables.ts'

/** Places whose files are the machine's or the job's own. */
const kept =
  /^\/(proc|sys|dev|run|(usr\/)?(bin|sbin|lib|lib32|lib64|libx32)|usr\/include|nix\/store|mnt\/azureml)(\/|$)/

/** COPY, and ADD of files of the context. @throws EnvironmentBuildFailed */
export function copy(step: Step, state: ImageState, files: readonly ContextFile[]): void {
  const { line, keyword } = step
  for (const { name, value } of step.flags) {
    if (name === 'from')
      throw atLine(line, `${keyword} --from=${value}: files of other images and stages can't be had.`)
    if (!/^(chown|chmod|link)$/.test(name)) throw atLine(line, `${keyword} --${name} is not interpreted.`)
    if (name === 'chmod')
      state.notes.push(`Dockerfile, line ${line}: --chmod is left out; copied files can be read by all`)
  }
  const meaning = (name: string) => state.variables[name] ?? state.args[name]
  const words = (step.words ?? step.text.split(/\s+/))
    .map((word) => expand(word, meaning))
    .filter((word) => word !== '')
  const target = words.pop()
  if (target === undefined || words.length === 0) throw atLine(line, `${keyword} needs a source and a target.`)
  const place = pathIn(state.folder, target)
  if (kept.test(place)) throw atLine(line, `${keyword} to ${place}: that folder is the machine's own.`)
  for (const source of words) {
    if (/^(https?|git|ssh):|^git@/.test(source))
      throw atLine(line, `${keyword} of '${source}': only files of the build context are taken.`)
    const found = matching(source, files)
    if (found.length === 0) throw atLine(line, `${keyword}: '${source}' is not in the build context.`)
    const intoFolder =
      /(^|\/)\.{0,2}$/.test(target) || words.length > 1 || found.length > 1 || state.files.isFolder(place)
    for (const { file, name, ofFolder } of found) {
      if (keyword === 'ADD' && /\.(tar|tgz|tar\.\w+|tbz2?|txz)$/.test(file.path))
        throw atLine(
          line,
          `ADD of '${file.path}' would unpack it, which is not interpreted; COPY it, or add its files.`,
        )
      state.files.put(ofFolder || intoFolder ? pathIn(place, name) : place, file)
    }
  }
}

interface Found {
  readonly file: ContextFile
  readonly name: string
  readonly ofFolder: boolean
}

/** The files of a source with their names at the target: a folder is copied by what is in it, a file by its own name. */
function matching(source: string, files: readonly ContextFile[]): readonly Found[] {
  // A source can't leave the context: `../x` is `x`, as Docker has it.
  const path = posix.resolve('/', source).slice(1)
  if (path === '') return files.map((file) => ({ file, name: file.path, ofFolder: true }))
  return files.flatMap((file): readonly Found[] => {
    if (file.path === path || matchesGlob(file.path, path))
      return [{ file, name: posix.basename(file.path), ofFolder: false }]
    const parts = file.path.split('/')
    for (let depth = 1; depth < parts.length; depth += 1) {
      const folder = parts.slice(0, depth).join('/')
      if (folder === path || matchesGlob(folder, path))
        return [{ file, name: parts.slice(depth).join('/'), ofFolder: true }]
    }
    return []
  })
}

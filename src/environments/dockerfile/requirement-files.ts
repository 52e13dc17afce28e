import { posix } from 'node:path'
import { imageRoot, pathIn, type Running } from './image-state.ts'
import { atLine } from './read-dockerfile.ts'

/**
 * The lines of a requirements file that was copied into the image, with those of the files that it names.
 *
 * @throws EnvironmentBuildFailed where it was not
 */
export async function requirementLines(running: Running, name: string): Promise<readonly string[]> {
  const path = pathIn(running.folder, name)
  const text = await textAt(running, path)
  const folder = posix.dirname(path)
  const lines: string[] = []
  for (const written of text.replace(/\\\r?\n/g, ' ').split(/\r?\n/)) {
    const line = written.replace(/(^|\s)#.*$/, '').trim()
    if (line === '') continue
    const [, nested] = line.match(/^(?:-r|--requirement)[\s=]+(\S+)$/) ?? []
    const [, bound] = line.match(/^(?:-c|--constraint)[\s=]+(\S+)$/) ?? []
    if (bound !== undefined)
      throw atLine(running.line, `'${line}' in ${name}: give constraints to pip itself, with -c.`)
    if (nested !== undefined) lines.push(...(await requirementLines({ ...running, folder }, nested)))
    else lines.push(withPlace({ ...running, folder }, line))
  }
  return lines
}

/** @throws EnvironmentBuildFailed where no such file was copied into the image */
export async function textAt(running: Running, path: string): Promise<string> {
  const file = running.state.files.file(path)
  if (!file) throw atLine(running.line, `${path} is not in the image: no COPY puts it there.`)
  return running.on.context.read(file.path)
}

/** A requirement that is a path becomes one below the folder that the build lays out; any other stays. */
export function withPlace(running: Running, line: string): string {
  const [, option = '', path, rest = ''] =
    line.match(/^(-e\s+|--editable[\s=]+)?(\.{0,2}\/\S*?|\.{1,2}|\S+\.(?:whl|tar\.gz|zip))(\[[^\]]*\])?$/) ?? []
  if (path === undefined || /^\w+:\/\//.test(path)) return line
  const place = pathIn(running.folder, path)
  if (running.state.files.below(place).length === 0)
    throw atLine(running.line, `${place} is not in the image: no COPY puts it there.`)
  return `${option === '' ? '' : '-e '}${imageRoot}${place}${rest}`
}

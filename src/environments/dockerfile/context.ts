import { matchesGlob } from 'node:path'

/** A file of a build context, by its path below it. */
export interface ContextFile {
  readonly path: string
  /** Changes with its bytes. */
  readonly mark: string
}

/** The folder that was sent with a Dockerfile. */
export interface BuildContext {
  readonly files: readonly ContextFile[]
  /** @throws EnvironmentBuildFailed where there is no such file */
  read(path: string): Promise<string>
  /** Puts one of them on this machine. */
  place(path: string, target: string): Promise<void>
}

/** The files that `.dockerignore` leaves to COPY and ADD. Later lines win, and `!` takes back. */
export function withoutIgnored(files: readonly ContextFile[], ignore: string): readonly ContextFile[] {
  const rules = ignore
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({
      takesBack: line.startsWith('!'),
      pattern: line
        .replace(/^!/, '')
        .replace(/^\.?\//, '')
        .replace(/\/$/, ''),
    }))
  return files.filter(({ path }) => {
    let ignored = false
    for (const { takesBack, pattern } of rules)
      if (ancestors(path).some((each) => matchesGlob(each, pattern))) ignored = !takesBack
    return !ignored
  })
}

/** `a/b/c` → `a`, `a/b`, `a/b/c`: a rule for a folder holds for all in it. */
const ancestors = (path: string): readonly string[] =>
  path.split('/').map((_part, at, parts) => parts.slice(0, at + 1).join('/'))

import { lstat, mkdir, readdir, readFile, rename } from 'node:fs/promises'
import { dirname, join, matchesGlob, normalize } from 'node:path'
import { parse } from 'yaml'
import { removeFolder } from '../../host/files.ts'
import { isObject, type Json, textAt } from '../../json.ts'
import { PreparationFailed } from './preparation-failed.ts'

/**
 * Turns a table's folder into the folder of the files that its `MLTable` names, each at its own path: what a command
 * finds with `eval_mount` and `eval_download`.
 *
 * @throws PreparationFailed where there is no MLTable, or where it names nothing that lies in the folder
 */
export async function evaluateTable(input: string, folder: string): Promise<void> {
  const refuse = (problem: string) =>
    new PreparationFailed('UserError', `Input '${input}' can't be evaluated: ${problem}.`)
  const text = await readFile(join(folder, 'MLTable'), 'utf8').catch(() => undefined)
  if (text === undefined) throw refuse('there is no file MLTable in its folder')
  const paths = pathsOf(text)
  if (!paths) throw refuse("its MLTable has no list 'paths'")
  const there = await filesBelow(folder)
  const chosen = new Set<string>()
  for (const path of paths) {
    const [kind, place] = Object.entries(path).find(([name]) => KINDS.includes(name)) ?? []
    const wanted = textAt(place)
    if (kind === undefined || wanted === undefined)
      throw refuse('a path in its MLTable is neither file, folder nor pattern')
    if (/^[a-z]+:/i.test(wanted) || wanted.startsWith('/'))
      throw refuse(
        `its MLTable names '${wanted}', which is not in its own folder; read it with mode direct and the package mltable`,
      )
    const matching = there.filter((each) => matches(kind, normalize(wanted), each))
    if (matching.length === 0) throw refuse(`its MLTable names '${wanted}', and no such file is there`)
    for (const each of matching) chosen.add(each)
  }
  const all = `${folder}.all`
  await rename(folder, all)
  for (const path of chosen) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await rename(join(all, path), join(folder, path))
  }
  await removeFolder(all)
}

const KINDS = ['file', 'folder', 'pattern']

function pathsOf(text: string): readonly Readonly<Record<string, Json | undefined>>[] | undefined {
  let table: unknown
  try {
    table = parse(text)
  } catch {
    return undefined
  }
  if (!isObject(table) || !Array.isArray(table.paths)) return undefined
  return table.paths.filter(isObject)
}

function matches(kind: string, wanted: string, path: string): boolean {
  if (kind === 'file') return path === wanted
  if (kind === 'pattern') return matchesGlob(path, wanted)
  return wanted === '.' || path.startsWith(wanted.endsWith('/') ? wanted : `${wanted}/`)
}

async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = []
  for (const path of await readdir(folder, { recursive: true }))
    if (path !== 'MLTable' && (await lstat(join(folder, path))).isFile()) found.push(path)
  return found
}

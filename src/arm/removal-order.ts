import { parseResourceId, type ResourceId } from '../resource-id.ts'
import type { StoredResource } from '../store/resources.ts'
import { referredIds } from './references.ts'
import type { Registry } from './registry.ts'

/**
 * The order in which everything below and with `root` goes: waves, one after the other. Children go before their
 * parents, and what refers to something goes before what it refers to (a workspace before its storage account).
 */
export function removalWaves(
  registry: Registry,
  root: ResourceId,
  rows: readonly StoredResource[],
): readonly (readonly StoredResource[])[] {
  const units = new Map<string, StoredResource[]>()
  for (const row of rows) {
    const unit = unitOf(root, row.id)
    units.set(unit, [...(units.get(unit) ?? []), row])
  }
  return orderUnits(registry, root, units).flatMap((wave) => byDepth(wave.flatMap((unit) => units.get(unit) ?? [])))
}

/** The direct child of the root that a row belongs to; '' for the root itself, which goes last. */
function unitOf(root: ResourceId, rowId: string): string {
  let id = parseResourceId(rowId)
  if (!id || id.key === root.key) return ''
  while (id.parent && id.parent.key !== root.key && id.parent.key.length > root.key.length) id = id.parent
  return id.key
}

function orderUnits(
  registry: Registry,
  root: ResourceId,
  units: ReadonlyMap<string, readonly StoredResource[]>,
): readonly (readonly string[])[] {
  const refersTo = new Map<string, Set<string>>()
  for (const [unit, rows] of units) {
    const others = rows.flatMap((row) => {
      const type = registry.type(row.type)
      return type ? referredIds(type, row.body).map((id) => unitOf(root, id.text)) : []
    })
    refersTo.set(unit, new Set(others.filter((other) => other !== unit && other !== '' && units.has(other))))
  }
  const left = new Set([...units.keys()].filter((unit) => unit !== ''))
  const waves: string[][] = []
  while (left.size > 0) {
    const referred = new Set([...left].flatMap((unit) => [...(refersTo.get(unit) ?? [])]))
    const free = [...left].filter((unit) => !referred.has(unit))
    // A circle of references has no right order: any is as good.
    const wave = free.length > 0 ? free : [...left]
    for (const unit of wave) {
      left.delete(unit)
      refersTo.delete(unit)
    }
    waves.push(wave)
  }
  if (units.has('')) waves.push([''])
  return waves
}

function byDepth(rows: readonly StoredResource[]): readonly (readonly StoredResource[])[] {
  const depths = Map.groupBy(rows, (row) => row.id.split('/').length)
  return [...depths.entries()].sort(([a], [b]) => b - a).map(([, wave]) => wave)
}

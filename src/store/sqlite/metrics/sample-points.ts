import { countOf, type Points, picked } from './points.ts'

/**
 * At most `most` of the ordered points that draw the same line: the least and the greatest of each part of the axis, the
 * first and the last. A peak of one point among a million is among them, which an even choice would lose.
 */
export function sampled(points: Points, most: number): Points {
  const count = countOf(points)
  if (count <= most) return points
  const parts = Math.max(1, Math.floor((most - 2) / 2))
  const { steps, ats, values } = points
  // Whoever logs without steps has all points at step 0: then time is the axis.
  const axis = steps[0] === steps[count - 1] ? ats : steps
  const [start, end] = [axis[0] ?? 0, axis[count - 1] ?? 0]
  const scale = end === start ? 0 : parts / (end - start)
  const chosen: number[] = [0]
  let part = -1
  let [low, high] = [-1, -1]
  const choose = () => {
    for (const place of low < high ? [low, high] : [high, low]) {
      if (place > (chosen.at(-1) ?? 0)) chosen.push(place)
    }
  }
  for (let at = 0; at < count; at++) {
    // The places of the axis, or those of the points where the axis does not tell them apart.
    const along = scale === 0 ? (at * parts) / count : ((axis[at] ?? 0) - start) * scale
    const here = Math.min(parts - 1, Math.floor(along))
    if (here !== part) {
      if (part >= 0) choose()
      part = here
      low = at
      high = at
      continue
    }
    const value = values[at] ?? 0
    // NaN is neither, and gives way to whatever comes.
    if (value < (values[low] ?? 0) || Number.isNaN(values[low])) low = at
    if (value > (values[high] ?? 0) || Number.isNaN(values[high])) high = at
  }
  choose()
  if (chosen.at(-1) !== count - 1) chosen.push(count - 1)
  return picked(points, chosen)
}

/** Pieces that somebody reads: the collector leaves them until they are let go. */
export interface Pins {
  /** Holds the pieces; the answer lets them go and may be called twice. */
  hold(pieces: readonly number[]): () => void
  isHeld(piece: number): boolean
}

export function pins(): Pins {
  const counts = new Map<number, number>()
  return {
    hold(pieces) {
      for (const piece of pieces) counts.set(piece, (counts.get(piece) ?? 0) + 1)
      let held = true
      return () => {
        if (!held) return
        held = false
        for (const piece of pieces) {
          const left = (counts.get(piece) ?? 1) - 1
          if (left > 0) counts.set(piece, left)
          else counts.delete(piece)
        }
      }
    },
    isHeld: (piece) => counts.has(piece),
  }
}

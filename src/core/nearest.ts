/** Longer words are compared by their beginning, which is enough to correct a typing error. */
const MAX_CHARS = 64;
/** Most candidates checked. Other processes may have chosen the names: a suggestion must not take noticeable time. */
const MAX_CANDIDATES = 512;

/** Number of edits (insert, delete, replace, swap two neighbours) that turn one word into the other. */
function editDistance(from: string, to: string): number {
  const width = to.length + 1;
  const distances = new Uint8Array((from.length + 1) * width);
  for (let j = 0; j < width; j++) distances[j] = j;
  for (let i = 1; i <= from.length; i++) {
    const row = i * width;
    distances[row] = i;
    for (let j = 1; j < width; j++) {
      const above = row - width + j;
      const replaced = at(distances, above - 1) + (from[i - 1] === to[j - 1] ? 0 : 1);
      let least = Math.min(replaced, at(distances, above) + 1, at(distances, row + j - 1) + 1);
      const isSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (isSwapped) least = Math.min(least, at(distances, above - width - 2) + 1);
      distances[row + j] = least;
    }
  }
  return at(distances, distances.length - 1);
}

function at(distances: Uint8Array, index: number): number {
  return distances[index] as number;
}

/** The candidate closest to `word`; null if none is near (within half its length). */
export function nearest(word: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  const wanted = word.toLowerCase().slice(0, MAX_CHARS);
  for (const candidate of candidates.slice(0, MAX_CANDIDATES)) {
    if (candidate.length > MAX_CHARS) continue;
    const isBegun = candidate.startsWith(wanted) && wanted !== "";
    // The lengths alone differ by that many edits.
    if (!isBegun && Math.abs(candidate.length - wanted.length) >= bestDistance) continue;
    const distance = isBegun ? 0.5 : editDistance(wanted, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best !== null && bestDistance <= Math.max(1, best.length / 2) ? best : null;
}

/** `, did you mean "x"?`, or an empty text if no candidate is near. */
export function suggestion(word: string, candidates: readonly string[]): string {
  const guess = nearest(word, candidates);
  return guess === null ? "" : `; did you mean "${guess}"?`;
}

/** How often what happened. */
export type Counts = Record<string, number>;

export function count(counts: Counts, name: string, times = 1): void {
  counts[name] = (counts[name] ?? 0) + times;
}

export function addAll(into: Counts, from: Counts): void {
  for (const [name, times] of Object.entries(from)) count(into, name, times);
}

/** What a case found to be wrong; its seed makes the case again. */
export class CaseFailure extends Error {}

export function check(condition: boolean, what: () => string): asserts condition {
  if (!condition) throw new CaseFailure(what());
}

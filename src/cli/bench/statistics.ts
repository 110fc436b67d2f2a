/** The middle value; the mean of the two middle values if their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError("median: expected one value at least, found none");
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

/** Mean of the largest quarter, at least one value: the speed of the machine while no other load uses it. */
export function fastestQuarter(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("fastestQuarter: expected one value at least, found none");
  const fastest = [...values].sort((a, b) => b - a).slice(0, Math.ceil(values.length / 4));
  return fastest.reduce((sum, value) => sum + value, 0) / fastest.length;
}

/** Smallest and largest value. */
export function range(values: readonly number[]): readonly [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

/** Mean frame delays of each stream since the last call. */
export class DelayMeans {
  readonly #sums = new Map<number, { sumNs: number; count: number }>();

  add(streamId: number, delayNs: number): void {
    const sum = this.#sums.get(streamId) ?? { sumNs: 0, count: 0 };
    sum.sumNs += delayNs;
    sum.count++;
    this.#sums.set(streamId, sum);
  }

  take(): Map<number, number> {
    const means = new Map([...this.#sums].map(([streamId, { sumNs, count }]) => [streamId, sumNs / count]));
    this.#sums.clear();
    return means;
  }
}

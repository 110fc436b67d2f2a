/** Attempts that an address may make at once, and the time until it gets a further one. */
const BURST = 10;
const REFILL_NS = 1e9;
/** Most addresses that are remembered; those with the oldest failures are removed first. */
const MAX_CLIENTS = 1024;

interface Attempts {
  used: number;
  atNs: number;
}

/** Limits how fast one address can guess: after ten wrong attempts it may make one a second. */
export class AttemptLimit {
  readonly #clients = new Map<string, Attempts>();

  /** Number of remembered addresses. */
  get size(): number {
    return this.#clients.size;
  }

  /** True while this address has no attempt left. */
  isExhausted(client: string, nowNs: number): boolean {
    const attempts = this.#clients.get(client);
    return attempts !== undefined && usedAt(attempts, nowNs) > BURST - 1;
  }

  /** Counts a wrong attempt. */
  count(client: string, nowNs: number): void {
    const before = this.#clients.get(client);
    const used = before === undefined ? 0 : usedAt(before, nowNs);
    // Set again, so that the map keeps the order of the last failures.
    this.#clients.delete(client);
    this.#clients.set(client, { used: used + 1, atNs: nowNs });
    if (this.#clients.size <= MAX_CLIENTS) return;
    this.#clients.delete(this.#clients.keys().next().value as string);
  }
}

function usedAt({ used, atNs }: Attempts, nowNs: number): number {
  return Math.max(0, used - Math.max(0, nowNs - atNs) / REFILL_NS);
}

/** Share of the time that the paced work may take. */
const SHARE = 0.1;

/** Work whose results are for people: done at most once per period, less often if it takes long, and always for the last request. */
export class Paced {
  readonly #work: () => void;
  readonly #leastMs: number;
  #restUntilMs = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(leastMs: number, work: () => void) {
    this.#leastMs = leastMs;
    this.#work = work;
  }

  /** Does the work now if the period is over, otherwise as soon as it is. */
  ask(): void {
    if (this.#timer !== undefined) return;
    const restMs = this.#restUntilMs - performance.now();
    if (restMs <= 0) this.now();
    else this.#timer = setTimeout(() => this.now(), restMs);
  }

  now(): void {
    this.close();
    const beganMs = performance.now();
    this.#work();
    const endMs = performance.now();
    this.#restUntilMs = endMs + Math.max(this.#leastMs, (endMs - beganMs) * (1 / SHARE - 1));
  }

  /** A pending request is dropped. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

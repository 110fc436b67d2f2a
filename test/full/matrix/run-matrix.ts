import { messageOf } from "../../../src/core/errors.ts";
import type { MatrixCase } from "./cases.ts";
import type { Outcome } from "./outcome.ts";
import { play } from "./scenario.ts";

/** They wait, mostly; more of them would wait for the CPUs. */
const MOST_AT_ONCE = 8;

/** Lets `MOST_AT_ONCE` tasks run at a time, the others in the order in which they came. */
export class Turnstile {
  #inside = 0;
  readonly #queue: (() => void)[] = [];

  async pass<T>(task: () => Promise<T>): Promise<T> {
    if (this.#inside >= MOST_AT_ONCE) await new Promise<void>((resolve) => this.#queue.push(resolve));
    else this.#inside++;
    try {
      return await task();
    } finally {
      const next = this.#queue.shift();
      // Who waits takes over the place of who leaves.
      if (next === undefined) this.#inside--;
      else next();
    }
  }
}

/** Plays one case; what it throws is a problem of that case. */
export async function outcomeOf(matrixCase: MatrixCase): Promise<Outcome> {
  const startMs = performance.now();
  try {
    return await play(matrixCase);
  } catch (error) {
    return {
      ...matrixCase,
      recoveryMs: {},
      endMs: {},
      noticedMs: {},
      witnessOutageMs: null,
      lost: {},
      events: [],
      left: [],
      seconds: (performance.now() - startMs) / 1000,
      problems: [messageOf(error)],
    };
  }
}

import type { Agent } from "../../../core/agent.ts";
import type { Counter } from "../../../core/counters.ts";
import { ANY_WAIT, type WaitPoint } from "../../../core/wait-point.ts";

const SAMPLE_PERIOD_NS = 2e6;
/** Enough samples for twenty minutes. */
const MAX_SAMPLES = 600_000;

/** Samples a counter at intervals and computes its rate afterwards. Sampling allocates nothing. */
export class RateLog implements Agent {
  readonly roleName = "rates";
  readonly #counter: Counter;
  readonly #timesNs = new Float64Array(MAX_SAMPLES);
  readonly #values = new Float64Array(MAX_SAMPLES);
  #samples = 0;
  #nextNs = 0;

  constructor(counter: Counter) {
    this.#counter = counter;
  }

  doWork(nowNs: number): number {
    const { value } = this.#counter;
    // A rate is measured from the first frame, not from the start of the process.
    if (nowNs < this.#nextNs || value === 0 || this.#samples === MAX_SAMPLES) return 0;
    if (this.#samples > 0 && value === this.#values[this.#samples - 1]) return 0;
    this.#nextNs = nowNs + SAMPLE_PERIOD_NS;
    this.#timesNs[this.#samples] = nowNs;
    this.#values[this.#samples] = value;
    this.#samples++;
    return 0;
  }

  waitPoint(): WaitPoint {
    return ANY_WAIT;
  }

  /** Increments per second, without the first third, in which code is compiled and memory first touched. */
  perSecond(): number {
    const last = this.#samples - 1;
    if (last < 1) return 0;
    const from = (this.#values[last] as number) / 3;
    let first = 0;
    while (first < last - 1 && (this.#values[first] as number) < from) first++;
    const elapsedNs = (this.#timesNs[last] as number) - (this.#timesNs[first] as number);
    return (((this.#values[last] as number) - (this.#values[first] as number)) / elapsedNs) * 1e9;
  }
}

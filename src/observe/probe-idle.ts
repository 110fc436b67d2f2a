import { type IdleOutcome, type IdleStrategy, YIELD_TO_EVENT_LOOP } from "../core/idle/index.ts";

const CALM_NS = 25e6;

/** Uses another strategy while the probe listens, and rests for long in between. */
export class ProbeIdle implements IdleStrategy {
  readonly name = "sleep";
  isListening = true;
  readonly #listening: IdleStrategy;

  constructor(listening: IdleStrategy) {
    this.#listening = listening;
  }

  get restNs(): number {
    return this.isListening ? this.#listening.restNs : CALM_NS;
  }

  idle(workCount: number): IdleOutcome {
    return this.isListening ? this.#listening.idle(workCount) : YIELD_TO_EVENT_LOOP;
  }

  reset(): void {
    this.#listening.reset();
  }
}

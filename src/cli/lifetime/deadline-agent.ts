import type { Agent } from "../../core/agent.ts";
import { Deadline } from "../../core/timers.ts";
import { ANY_WAIT, type WaitPoint } from "../../core/wait-point.ts";

/** Calls back once, a given time after its first cycle, or after the first cycle in which `hasBegun` returns true. */
export class DeadlineAgent implements Agent {
  readonly roleName = "deadline";
  readonly #timeoutNs: number;
  readonly #onExpired: () => void;
  readonly #hasBegun: () => boolean;
  readonly #deadline = new Deadline();
  #isOver = false;

  constructor(timeoutNs: number, onExpired: () => void, hasBegun = (): boolean => true) {
    this.#timeoutNs = timeoutNs;
    this.#onExpired = onExpired;
    this.#hasBegun = hasBegun;
  }

  doWork(nowNs: number): number {
    if (this.#isOver) return 0;
    if (!this.#deadline.isSet && !this.#hasBegun()) return 0;
    if (!this.#deadline.isSet) this.#deadline.start(nowNs, this.#timeoutNs);
    if (!this.#deadline.hasExpired(nowNs)) return 0;
    this.#isOver = true;
    this.#onExpired();
    return 1;
  }

  waitPoint(): WaitPoint {
    return ANY_WAIT;
  }
}

import type { Agent } from "../../core/agent.ts";
import { getLogger } from "../../core/logger.ts";
import { ANY_WAIT, type WaitPoint } from "../../core/wait-point.ts";
import type { ReplayClock } from "../../io/index.ts";
import type { Producer } from "../../roles/producer.ts";

const log = getLogger("replay");
const TIMEOUT_NS = 1e9;

/** Pauses the clock of a replay until there are consumers, and applies key presses to it. */
export class ReplayAgent implements Agent {
  readonly roleName = "replay";
  readonly #clock: ReplayClock;
  readonly #producers: readonly Producer[];
  readonly #waitConsumers: number;
  readonly #pressed: string[] = [];
  readonly #stop: () => void;
  readonly #onClose: () => void;
  #startNs = -1;
  #hasBegun = false;
  #hasReported = false;

  constructor(
    clock: ReplayClock,
    producers: readonly Producer[],
    options: { readonly waitConsumers: number; readonly stop: () => void; readonly onClose: () => void },
  ) {
    this.#clock = clock;
    this.#producers = producers;
    this.#waitConsumers = options.waitConsumers;
    this.#stop = options.stop;
    this.#onClose = options.onClose;
  }

  /** Queues a key press. */
  press(key: string): void {
    this.#pressed.push(key);
  }

  doWork(nowNs: number): number {
    if (this.#startNs === -1) this.#startNs = nowNs;
    const work = this.#pressed.length;
    for (const key of this.#pressed.splice(0)) this.#act(key, nowNs);
    if (!this.#hasBegun) this.#awaitConsumers(nowNs);
    return work;
  }

  waitPoint(): WaitPoint {
    return ANY_WAIT;
  }

  onClose(): void {
    this.#onClose();
  }

  #awaitConsumers(nowNs: number): void {
    let count = 0;
    for (const producer of this.#producers) if (producer.hasReaders(1)) count += producer.mappedConsumers;
    const areReady = this.#producers.every((producer) => producer.isReady);
    if (areReady && count >= this.#waitConsumers) {
      this.#hasBegun = true;
      this.#clock.release(nowNs);
    } else if (!this.#hasReported && nowNs - this.#startNs > TIMEOUT_NS) {
      this.#hasReported = true;
      log.info(`waiting for ${this.#waitConsumers} consumer(s) before the first frame (--wait-consumers)`);
    }
  }

  #act(key: string, nowNs: number): void {
    const clock = this.#clock;
    switch (key) {
      case " ":
        if (clock.isPaused) clock.resume(nowNs);
        else clock.pause(nowNs);
        break;
      case "n":
        clock.step(nowNs);
        break;
      case "\x1b[C":
        clock.seek(clock.positionNs(nowNs) + SEEK_NS, nowNs);
        break;
      case "\x1b[D":
        clock.seek(clock.positionNs(nowNs) - SEEK_NS, nowNs);
        break;
      case "q":
        this.#stop();
    }
  }
}

const SEEK_NS = 10e9;

import type { CounterRecord, CountersReader } from "../aeron/counters-reader.ts";
import { processNs } from "../core/clock.ts";

/** Roles copy their counters to Aeron ten times a second: this window covers several copies. */
const WINDOW_MS = 450;
const LOOK_PERIOD_MS = 4;

/**
 * Growth rate of a counter that changes in steps, because it is copied at intervals. It is measured from one step to a later one if several
 * were seen, so that the number of steps in the window does not matter.
 */
export class StepRate {
  readonly #firstValue: number;
  readonly #firstNs: number;
  #lastValue: number;
  #lastNs: number;
  #stepsSeen = 0;
  #firstStep = { value: 0, ns: 0 };
  #lastStep = { value: 0, ns: 0 };

  constructor(value: number, nowNs: number) {
    this.#firstValue = value;
    this.#firstNs = nowNs;
    this.#lastValue = value;
    this.#lastNs = nowNs;
  }

  look(value: number, nowNs: number): void {
    this.#lastNs = nowNs;
    if (value === this.#lastValue) return;
    this.#lastValue = value;
    this.#lastStep = { value, ns: nowNs };
    if (this.#stepsSeen === 0) this.#firstStep = this.#lastStep;
    this.#stepsSeen++;
  }

  get perSecond(): number {
    if (this.#stepsSeen >= 2) return growth(this.#firstStep, this.#lastStep);
    return growth(
      { value: this.#firstValue, ns: this.#firstNs },
      { value: this.#lastValue, ns: Math.max(this.#lastNs, this.#firstNs + 1) },
    );
  }
}

function growth(from: { value: number; ns: number }, to: { value: number; ns: number }): number {
  return ((to.value - from.value) * 1e9) / (to.ns - from.ns);
}

/** Growth of each of these counters per second; 0 for one that is gone. Takes half a second. */
export async function sampleRates(
  reader: CountersReader,
  records: readonly CounterRecord[],
): Promise<ReadonlyMap<CounterRecord, number>> {
  const rates = new Map<CounterRecord, StepRate>();
  const endNs = processNs() + WINDOW_MS * 1e6;
  while (records.length > 0 && processNs() < endNs) {
    for (const record of records) {
      const value = reader.valueOf(record);
      if (value === null) continue;
      const nowNs = processNs();
      const rate = rates.get(record);
      if (rate === undefined) rates.set(record, new StepRate(Number(value), nowNs));
      else rate.look(Number(value), nowNs);
    }
    await Bun.sleep(LOOK_PERIOD_MS);
  }
  return new Map(records.map((record) => [record, rates.get(record)?.perSecond ?? 0]));
}

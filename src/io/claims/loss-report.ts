import type { SinkStream } from "../types.ts";
import type { RecordOutput } from "./record-output.ts";
import { LOSS_BYTES, LOSS_NAME_BYTES, RecordKind } from "./records.ts";

const PERIOD_NS = 50e6;

/** Reports the losses so far to the peer, one record for each cause whose count has changed. */
export class LossReport {
  readonly #output: RecordOutput;
  readonly #losses: SinkStream["losses"];
  readonly #names: readonly Uint8Array[];
  readonly #reported: Float64Array;
  #dueNs = 0;

  constructor(output: RecordOutput, losses: SinkStream["losses"]) {
    this.#output = output;
    this.#losses = losses;
    this.#names = losses.map(({ name }) => new TextEncoder().encode(name).subarray(0, LOSS_NAME_BYTES));
    this.#reported = new Float64Array(losses.length);
  }

  reportIfDue(nowNs: number): void {
    if (nowNs < this.#dueNs) return;
    this.#dueNs = nowNs + PERIOD_NS;
    this.report();
  }

  report(): void {
    for (let i = 0; i < this.#losses.length; i++) {
      const { value } = this.#losses[i] as SinkStream["losses"][number];
      if (value === this.#reported[i] || !this.#output.hasRoom(LOSS_BYTES)) continue;
      this.#reported[i] = value;
      const at = this.#output.begin(RecordKind.LOSS, LOSS_BYTES);
      this.#output.setBytes(at + 2, this.#names[i] as Uint8Array);
      this.#output.setLong(at + 8, value);
    }
  }
}

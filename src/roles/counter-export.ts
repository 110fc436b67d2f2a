import type { AeronConnection } from "../aeron/connection.ts";
import type { AeronCounter } from "../aeron/counter.ts";
import type { Counter } from "../core/counters.ts";
import { PeriodicTimer } from "../core/timers.ts";

export const EXPORT_PERIOD_NS = 100e6;
/** streamId u32, clientId u32. */
const KEY_BYTES = 8;

/**
 * Copies a role's counters to Aeron counters ten times a second, so that tools (Aeron's own too) see them without asking the
 * role. Type id: that of the definition; key: stream id and client id, u32 each; label: `tensorpool <role> <stream> <name>`, and
 * what else tools should know of its owner.
 */
export class CounterExport {
  readonly #connection: AeronConnection;
  readonly #sources: readonly Counter[];
  readonly #targets: readonly AeronCounter[];
  readonly #timer = new PeriodicTimer(EXPORT_PERIOD_NS, { immediate: true });

  constructor(
    connection: AeronConnection,
    role: string,
    counters: readonly Counter[],
    streamId: number,
    clientId: number,
    remark = "",
  ) {
    const key = new Uint8Array(KEY_BYTES);
    new DataView(key.buffer).setUint32(0, streamId, true);
    new DataView(key.buffer).setUint32(4, clientId, true);
    this.#connection = connection;
    this.#sources = counters.filter(({ typeId }) => typeId !== undefined);
    this.#targets = this.#sources.map(({ typeId = 0, name }) =>
      connection.addCounter(typeId, key, `tensorpool ${role} ${streamId} ${name}${remark === "" ? "" : ` ${remark}`}`),
    );
  }

  doWork(nowNs: number): void {
    if (this.#timer.isDue(nowNs)) this.copy();
  }

  /** Gives the Aeron counters back. */
  close(): void {
    this.copy();
    for (const target of this.#targets) this.#connection.remove(target);
  }

  /** Copies them now; for whoever has a timer for many of these. */
  copy(): void {
    for (let i = 0; i < this.#targets.length; i++) {
      (this.#targets[i] as AeronCounter).set((this.#sources[i] as Counter).value);
    }
  }
}

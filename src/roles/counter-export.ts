import type { Messaging, SharedCounter } from "../aeron/ports.ts";
import type { Counter } from "../core/counters.ts";
import { PeriodicTimer } from "../core/timers.ts";

export const EXPORT_PERIOD_NS = 100e6;
/** streamId u32, clientId u32. */
const KEY_BYTES = 8;

export interface CounterExportOptions {
  /** Further information about the owner for tools; appended to the label. */
  readonly remark?: string;
  /** Names of the counters that are shown from the start; all if omitted. Others appear once they are not 0. */
  readonly always?: readonly string[];
}

/**
 * Copies a role's counters to Aeron counters ten times a second, so that tools, including Aeron's own, see them without contacting the
 * role. Type id: from the definition; key: stream id and client id, u32 each; label: `tensorpool <role> <stream> <name>` and any further
 * information about the owner. A media driver has room for the counters of several hundred roles only if each role shows just the counters
 * that are in use.
 */
export class CounterExport {
  readonly #connection: Messaging;
  readonly #sources: readonly Counter[];
  /** Null: nothing has been counted yet. */
  readonly #targets: (SharedCounter | null)[];
  readonly #key = new Uint8Array(KEY_BYTES);
  readonly #labelOf: (name: string) => string;
  readonly #timer = new PeriodicTimer(EXPORT_PERIOD_NS, { immediate: true });

  constructor(
    connection: Messaging,
    role: string,
    counters: readonly Counter[],
    streamId: number,
    clientId: number,
    { remark = "", always }: CounterExportOptions = {},
  ) {
    const view = new DataView(this.#key.buffer);
    view.setUint32(0, streamId, true);
    view.setUint32(4, clientId, true);
    this.#labelOf = (name) => `tensorpool ${role} ${streamId} ${name}${remark === "" ? "" : ` ${remark}`}`;
    this.#connection = connection;
    this.#sources = counters.filter(({ typeId }) => typeId !== undefined);
    this.#targets = this.#sources.map((source) =>
      always === undefined || always.includes(source.name) ? this.#show(source) : null,
    );
  }

  doWork(nowNs: number): void {
    if (this.#timer.isDue(nowNs)) this.copy();
  }

  /** Releases the Aeron counters. */
  close(): void {
    for (let i = 0; i < this.#targets.length; i++) {
      const target = this.#targets[i] ?? null;
      if (target === null) continue;
      target.set((this.#sources[i] as Counter).value);
      this.#connection.remove(target);
    }
  }

  /** Copies them now; for a caller with one timer for several exports. */
  copy(): void {
    for (let i = 0; i < this.#targets.length; i++) {
      const source = this.#sources[i] as Counter;
      const target = this.#targets[i] ?? null;
      if (target !== null) target.set(source.value);
      else if (source.value !== 0) this.#targets[i] = this.#show(source);
    }
  }

  #show({ typeId = 0, name }: Counter): SharedCounter {
    return this.#connection.addCounter(typeId, this.#key, this.#labelOf(name));
  }
}

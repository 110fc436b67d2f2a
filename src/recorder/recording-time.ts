import type { MonotonicEpoch } from "../core/monotonic-epoch.ts";

const NS_PER_SECOND = 1_000_000_000;

/** The host's clocks at one moment, in the process's time. */
export interface HostClocks {
  readonly monotonic: MonotonicEpoch;
  readonly realtime: MonotonicEpoch;
  /** Null if the kernel does not know TAI. */
  readonly tai: MonotonicEpoch | null;
}

/**
 * Time since 1970 for a recording, from clocks that were compared once at its start: it never goes back or jumps, whatever happens to the
 * host's clock. Only `describe` allocates.
 */
export class RecordingTime {
  readonly #clocks: HostClocks;
  readonly #baseSeconds: number;
  readonly #baseNanos: number;

  constructor(clocks: HostClocks) {
    this.#clocks = clocks;
    const base = clocks.realtime.toBigint(0);
    this.#baseSeconds = Number(base / BigInt(NS_PER_SECOND));
    this.#baseNanos = Number(base % BigInt(NS_PER_SECOND));
  }

  /** The high word of the u64 for a Message's times. */
  high(processNs: number): number {
    return this.#clocks.realtime.high(processNs);
  }

  low(processNs: number): number {
    return this.#clocks.realtime.low(processNs);
  }

  seconds(processNs: number): number {
    return this.#baseSeconds + Math.floor((this.#baseNanos + processNs) / NS_PER_SECOND);
  }

  nanos(processNs: number): number {
    const ns = this.#baseNanos + processNs;
    return ns - Math.floor(ns / NS_PER_SECOND) * NS_PER_SECOND;
  }

  /** A frame's timestamp in the process's time; `fallbackNs` for a clock that the host does not have, and before 1970. */
  processNsOf(clock: string, high: number, low: number, fallbackNs: number): number {
    const epoch =
      clock === "monotonic"
        ? this.#clocks.monotonic
        : clock === "realtime"
          ? this.#clocks.realtime
          : clock === "tai"
            ? this.#clocks.tai
            : null;
    if (epoch === null) return fallbackNs;
    const processNs = epoch.toProcessNs(high, low);
    return this.seconds(processNs) < 0 ? fallbackNs : processNs;
  }

  /** ns since 1970. */
  at(processNs: number): bigint {
    return this.#clocks.realtime.toBigint(processNs);
  }

  /** The readings of all clocks at one moment, for the file. */
  describe(processNs: number): Record<string, string> {
    const { monotonic, realtime, tai } = this.#clocks;
    return {
      "clock.realtime_ns": String(realtime.toBigint(processNs)),
      "clock.monotonic_ns": String(monotonic.toBigint(processNs)),
      ...(tai === null ? {} : { "clock.tai_ns": String(tai.toBigint(processNs)) }),
    };
  }
}

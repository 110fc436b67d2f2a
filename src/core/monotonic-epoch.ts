const TWO_32 = 0x1_0000_0000;

/**
 * Converts between this process's time (ns since its start, a number) and CLOCK_MONOTONIC (ns, u64), which all processes of
 * a host share. CLOCK_MONOTONIC passes 2^53 after 104 days of uptime, so it is handled as two 32-bit words; only the methods
 * that name BigInt allocate. Process times are whole numbers.
 */
export class MonotonicEpoch {
  /** CLOCK_MONOTONIC at process time 0; the high word is signed, so that any sample can be a base. */
  readonly #baseHigh: number;
  readonly #baseLow: number;
  readonly #base: bigint;

  private constructor(base: bigint) {
    this.#base = base;
    this.#baseHigh = Number(base >> 32n);
    this.#baseLow = Number(base & 0xffff_ffffn);
  }

  /** Creates the epoch from two readings taken at the same moment. */
  static from(monotonicNs: bigint, processNs: number): MonotonicEpoch {
    return new MonotonicEpoch(monotonicNs - BigInt(processNs));
  }

  /** Upper 32 bits of CLOCK_MONOTONIC at this process time. */
  high(processNs: number): number {
    const high = Math.floor(processNs / TWO_32);
    const carry = this.#baseLow + (processNs - high * TWO_32) >= TWO_32 ? 1 : 0;
    return (this.#baseHigh + high + carry) >>> 0;
  }

  /** Lower 32 bits of CLOCK_MONOTONIC at this process time. */
  low(processNs: number): number {
    const high = Math.floor(processNs / TWO_32);
    return (this.#baseLow + (processNs - high * TWO_32)) >>> 0;
  }

  /** Writes CLOCK_MONOTONIC at this process time as a little-endian u64. */
  write(view: DataView, offset: number, processNs: number): void {
    const high = Math.floor(processNs / TWO_32);
    const low = this.#baseLow + (processNs - high * TWO_32);
    view.setUint32(offset, low >>> 0, true);
    view.setUint32(offset + 4, (this.#baseHigh + high + (low >= TWO_32 ? 1 : 0)) >>> 0, true);
  }

  /** Reads a little-endian u64 of CLOCK_MONOTONIC as process time, see `toProcessNs`. */
  read(view: DataView, offset: number): number {
    return this.toProcessNs(view.getUint32(offset + 4, true), view.getUint32(offset, true));
  }

  /**
   * The process time of a CLOCK_MONOTONIC reading given as two unsigned words; negative for times before the process
   * started. Exact while the result is within 2^53 ns, rounded beyond.
   */
  toProcessNs(high: number, low: number): number {
    return (high - this.#baseHigh) * TWO_32 + (low - this.#baseLow);
  }

  /** CLOCK_MONOTONIC at this process time. Allocates. */
  toBigint(processNs: number): bigint {
    return BigInt.asUintN(64, this.#base + BigInt(processNs));
  }

  /** The process time of a CLOCK_MONOTONIC reading, as `toProcessNs`. Allocates. */
  fromBigint(monotonicNs: bigint): number {
    return Number(monotonicNs - this.#base);
  }
}

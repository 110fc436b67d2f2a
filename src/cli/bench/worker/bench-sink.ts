import { nativeParker } from "../../../aeron/native-parker.ts";
import { NullSink } from "../../../io/sinks/null.ts";
import type { SinkFrame } from "../../../io/types.ts";
import { Histogram } from "../histogram.ts";
import type { ConsumerJob } from "./jobs.ts";

/** Bytes copied out of shared memory at once: the copy stays in the cache, so only the reads cost time. */
const CHUNK_BYTES = 256 * 1024;

/** Reads frames in the requested way, and records their ages and the longest silence. */
export class BenchSink extends NullSink {
  readonly ages: Histogram | null;
  readonly #agesFromSeq: number;
  readonly #target: Uint8Array | null;
  readonly #delayNs: number;
  readonly #watchesSilence: boolean;
  readonly #leaks: boolean;
  /** Seq of the last frame; -1 before the first. */
  newestSeq = -1;
  #frame: SinkFrame | null = null;
  #lastFrameNs = -1;
  #longestNs = 0;
  /** The last deliberately allocated object; a field, so that the allocation is not optimised away. */
  garbage: object | null = null;

  constructor({ reads, delayNs = 0, agesFromSeq, rows = false, leak = false }: ConsumerJob) {
    super();
    this.ages = agesFromSeq === undefined ? null : new Histogram();
    this.#agesFromSeq = agesFromSeq ?? Number.POSITIVE_INFINITY;
    this.#target = reads === "all" ? new Uint8Array(CHUNK_BYTES) : null;
    this.#delayNs = delayNs;
    this.#watchesSilence = rows;
    this.#leaks = leak;
  }

  override accept(frame: SinkFrame): void {
    this.newestSeq = frame.seq;
    if (this.#leaks) this.garbage = { seq: frame.seq };
    if (this.#watchesSilence) this.#noteSilence();
    if (this.#target !== null) this.#readAll(frame.bytes, this.#target);
    if (this.#delayNs > 0) nativeParker.parkNs(this.#delayNs);
    if (frame.seq >= this.#agesFromSeq) this.#frame = frame;
  }

  /** Only frames that were read and validated as intact count. */
  override settle(isIntact: boolean): void {
    if (this.ages !== null && isIntact && this.#frame !== null) this.ages.add(this.#frame.ageNs);
    super.settle(isIntact);
  }

  /** The longest time without a frame since the last call, including the current one. */
  takeLongestSilenceNs(): number {
    const presentNs = this.#lastFrameNs === -1 ? 0 : Bun.nanoseconds() - this.#lastFrameNs;
    const longestNs = Math.max(this.#longestNs, presentNs);
    this.#longestNs = 0;
    return longestNs;
  }

  #noteSilence(): void {
    const nowNs = Bun.nanoseconds();
    if (this.#lastFrameNs !== -1) this.#longestNs = Math.max(this.#longestNs, nowNs - this.#lastFrameNs);
    this.#lastFrameNs = nowNs;
  }

  #readAll(bytes: Uint8Array, target: Uint8Array): void {
    if (bytes.length <= CHUNK_BYTES) {
      target.set(bytes);
      return;
    }
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) target.set(bytes.subarray(at, at + CHUNK_BYTES));
  }
}

/** Which frames a consumer reads (W-40). */
export type ConsumerMode = "stream" | "latest" | "decimated";

/** A consumer's mode, decimation and rate limit; all may change while it runs (W-39). */
export class ModeFilter {
  mode: ConsumerMode;
  /** With "decimated": every Nth frame of the stream, those whose seq is a multiple of N. */
  decimation: number;
  #periodNs: number;
  #nextNs = Number.NEGATIVE_INFINITY;

  /** `maxRateHz` 0: no limit. */
  constructor(mode: ConsumerMode, decimation = 1, maxRateHz = 0) {
    this.mode = mode;
    this.decimation = decimation;
    this.#periodNs = maxRateHz > 0 ? 1e9 / maxRateHz : 0;
  }

  /** Whether a rate limit makes the time matter. */
  get isRateLimited(): boolean {
    return this.#periodNs > 0;
  }

  /** True while `takes` would say true of every frame. */
  get takesAll(): boolean {
    return this.#periodNs === 0 && this.mode !== "decimated";
  }

  /** True when the frame is to be read; false when the mode skips it on purpose, which is no loss. */
  takes(seq: number, nowNs: number): boolean {
    if (this.mode === "decimated" && this.decimation > 1 && seq % this.decimation !== 0) return false;
    if (this.#periodNs === 0) return true;
    if (nowNs < this.#nextNs) return false;
    // On the grid while the stream keeps up with the limit, again from the start after a pause.
    const next = this.#nextNs + this.#periodNs;
    this.#nextNs = next > nowNs ? next : nowNs + this.#periodNs;
    return true;
  }
}

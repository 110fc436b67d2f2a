/** Which frames a consumer reads (W-40). */
export type ConsumerMode = "stream" | "latest" | "decimated";

/** A consumer's mode, decimation and rate limit; all may change while it runs (W-39). */
export class ModeFilter {
  mode: ConsumerMode;
  /** For "decimated": every Nth frame of the stream is read, those whose seq is a multiple of N. */
  decimation: number;
  #periodNs: number;
  #nextNs = Number.NEGATIVE_INFINITY;

  /** `maxRateHz` 0: no limit. */
  constructor(mode: ConsumerMode, decimation = 1, maxRateHz = 0) {
    this.mode = mode;
    this.decimation = decimation;
    this.#periodNs = maxRateHz > 0 ? 1e9 / maxRateHz : 0;
  }

  /** True if there is a rate limit, so that the time matters. */
  get isRateLimited(): boolean {
    return this.#periodNs > 0;
  }

  /** True while `takes` returns true for every frame. */
  get takesAll(): boolean {
    return this.#periodNs === 0 && this.mode !== "decimated";
  }

  /** True if the frame is to be read; false if the mode skips it, which is no loss. */
  takes(seq: number, nowNs: number): boolean {
    if (this.mode === "decimated" && this.decimation > 1 && seq % this.decimation !== 0) return false;
    if (this.#periodNs === 0) return true;
    if (nowNs < this.#nextNs) return false;
    // On a fixed grid while the stream keeps up with the limit; the grid restarts after a pause.
    const next = this.#nextNs + this.#periodNs;
    this.#nextNs = next > nowNs ? next : nowNs + this.#periodNs;
    return true;
  }
}

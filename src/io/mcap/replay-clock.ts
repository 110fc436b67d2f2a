/** If frames are this late, the clock waits for them instead of sending a burst. */
const MAX_LAG_NS = 250e6;

/** A source that follows the clock. */
export interface ReplayFollower {
  /** Position of its next frame, in ns from the beginning; Infinity at its end. */
  readonly nextNs: number;
  /** Seeks to the first frame from a position on. */
  seek(positionNs: number): void;
}

/** The time of a replay: the current position in the recording, in ns from its beginning. Streams replayed in step share one. */
export class ReplayClock {
  /** Multiple of the recorded speed; Infinity: as fast as frames are accepted. */
  readonly speed: number;
  /** Length of the replayed part. */
  readonly lengthNs: number;
  isPaused = false;
  /** True until it may start: nothing is sent before. */
  isHeld = false;
  readonly #followers: ReplayFollower[] = [];
  /** The position at `#anchorNs`. */
  #positionNs = 0;
  #anchorNs = -1;

  constructor(speed: number, lengthNs: number) {
    this.speed = speed;
    this.lengthNs = lengthNs;
  }

  follow(follower: ReplayFollower): void {
    this.#followers.push(follower);
  }

  /** The position at this time; the first call starts the clock. */
  positionNs(nowNs: number): number {
    if (this.#anchorNs === -1) this.#anchorNs = nowNs;
    if (this.isPaused) return this.#positionNs;
    return this.#positionNs + (nowNs - this.#anchorNs) * this.speed;
  }

  /** Sends nothing before `release`. */
  hold(): void {
    this.isHeld = true;
  }

  release(nowNs: number): void {
    this.isHeld = false;
    this.#anchorNs = nowNs;
  }

  /** True if a frame at this position is to be sent. */
  isDue(atNs: number, nowNs: number): boolean {
    if (this.isHeld) return false;
    if (this.isPaused) return atNs <= this.#positionNs;
    if (this.speed === Number.POSITIVE_INFINITY) {
      if (atNs > this.#positionNs) this.#positionNs = atNs;
      return true;
    }
    const lagNs = this.positionNs(nowNs) - atNs;
    if (lagNs > MAX_LAG_NS * Math.max(1, this.speed)) this.#move(atNs, nowNs);
    return lagNs >= 0;
  }

  /** Nanoseconds until a position is reached; Infinity while paused. */
  untilNs(atNs: number, nowNs: number): number {
    if (this.isPaused || this.isHeld) return Number.POSITIVE_INFINITY;
    if (this.speed === Number.POSITIVE_INFINITY) return 0;
    return (atNs - this.positionNs(nowNs)) / this.speed;
  }

  pause(nowNs: number): void {
    if (this.isPaused) return;
    if (this.speed !== Number.POSITIVE_INFINITY) this.#move(this.positionNs(nowNs), nowNs);
    this.isPaused = true;
  }

  resume(nowNs: number): void {
    this.isPaused = false;
    this.#anchorNs = nowNs;
  }

  /** While paused: sends the next frame of any stream. */
  step(nowNs: number): void {
    this.pause(nowNs);
    let nextNs = Number.POSITIVE_INFINITY;
    for (const follower of this.#followers) nextNs = Math.min(nextNs, follower.nextNs);
    if (nextNs !== Number.POSITIVE_INFINITY) this.#positionNs = nextNs;
  }

  /** Seeks to another position; every stream continues from there. */
  seek(positionNs: number, nowNs: number): void {
    const target = Math.max(0, Math.min(this.lengthNs, positionNs));
    this.#move(target, nowNs);
    for (const follower of this.#followers) follower.seek(target);
  }

  #move(positionNs: number, nowNs: number): void {
    this.#positionNs = positionNs;
    this.#anchorNs = nowNs;
  }
}

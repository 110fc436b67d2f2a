/** Frames that are this late have the clock wait for them: they are not sent in a burst. */
const MAX_LAG_NS = 250e6;

/** A source that follows the clock. */
export interface ReplayFollower {
  /** Where its next frame is, in ns from the beginning; Infinity at its end. */
  readonly nextNs: number;
  /** Goes to before the first frame from a position on. */
  seek(positionNs: number): void;
}

/**
 * The time of a replay: which position of the recording is played now, in ns from its beginning. Streams that are replayed in step share one.
 */
export class ReplayClock {
  /** Times as fast as it was recorded; Infinity: as fast as frames are taken. */
  readonly speed: number;
  /** Length of the part that is replayed. */
  readonly lengthNs: number;
  isPaused = false;
  /** True until it may begin: nothing is sent meanwhile. */
  isHeld = false;
  readonly #followers: ReplayFollower[] = [];
  /** The position that was played at `#anchorNs`. */
  #positionNs = 0;
  #anchorNs = -1;

  constructor(speed: number, lengthNs: number) {
    this.speed = speed;
    this.lengthNs = lengthNs;
  }

  follow(follower: ReplayFollower): void {
    this.#followers.push(follower);
  }

  /** The position at this time; the clock begins to run when it is asked first. */
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

  /** True when a frame at this position is to be sent. */
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

  /** Nanoseconds from now until a position is played; Infinity while paused. */
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

  /** Paused: has the next frame sent, of whichever stream it is. */
  step(nowNs: number): void {
    this.pause(nowNs);
    let nextNs = Number.POSITIVE_INFINITY;
    for (const follower of this.#followers) nextNs = Math.min(nextNs, follower.nextNs);
    if (nextNs !== Number.POSITIVE_INFINITY) this.#positionNs = nextNs;
  }

  /** Goes to another position; every stream continues from there. */
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

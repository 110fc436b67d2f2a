/** Moves the position in a recording with the clock during playback. */
export class Player {
  timeNs = 0;
  speed = 1;
  isLooping = false;
  #isPlaying = false;
  #lastMs = 0;
  readonly #lengthNs: number;
  readonly #onTime: () => void;
  readonly #onState: () => void;

  constructor(lengthNs: number, onTime: () => void, onState: () => void) {
    this.#lengthNs = lengthNs;
    this.#onTime = onTime;
    this.#onState = onState;
  }

  get isPlaying(): boolean {
    return this.#isPlaying;
  }

  /** At the end, it restarts from the beginning. */
  play(): void {
    if (this.#isPlaying) return;
    if (this.timeNs >= this.#lengthNs) this.timeNs = 0;
    this.#isPlaying = true;
    this.#lastMs = performance.now();
    this.#onState();
    requestAnimationFrame(() => this.#advance());
  }

  pause(): void {
    if (!this.#isPlaying) return;
    this.#isPlaying = false;
    this.#onState();
  }

  seek(timeNs: number): void {
    this.timeNs = Math.min(Math.max(0, timeNs), this.#lengthNs);
    this.#onTime();
  }

  #advance(): void {
    if (!this.#isPlaying) return;
    const now = performance.now();
    // A hidden page does not play: it continues where it was.
    const passedMs = Math.min(now - this.#lastMs, 250);
    this.#lastMs = now;
    let timeNs = Math.round(this.timeNs + passedMs * 1e6 * this.speed);
    if (timeNs >= this.#lengthNs) {
      if (this.isLooping && this.#lengthNs > 0) timeNs %= this.#lengthNs;
      else {
        this.seek(this.#lengthNs);
        this.pause();
        return;
      }
    }
    this.seek(timeNs);
    requestAnimationFrame(() => this.#advance());
  }
}

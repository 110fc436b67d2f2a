/** The server of live streams sends a state each second: after so long without a message it is stopped, or out of reach. */
const SILENCE_MS = 3000;
/** Longer than the silence between two states on a link that is fast enough for its pictures. */
const USUAL_MS = SILENCE_MS / 2;
const LONGEST_MS = 60_000;

/**
 * How long a server may be silent before it counts as stopped. On a slow link nothing else arrives while one large picture is on its
 * way. After such a silence the limit is three times as long; it falls with each further message.
 */
export class SilenceLimit {
  #allowedMs = SILENCE_MS;

  get allowedMs(): number {
    return this.#allowedMs;
  }

  /** A message ended a silence. */
  onHeard(silentMs: number, isPicture: boolean): void {
    const neededMs = isPicture && silentMs > USUAL_MS ? 3 * silentMs : SILENCE_MS;
    this.#allowedMs = Math.min(LONGEST_MS, Math.max(SILENCE_MS, this.#allowedMs * 0.95, neededMs));
  }

  /** The next connection may be another link. */
  reset(): void {
    this.#allowedMs = SILENCE_MS;
  }
}

/** Most consumers of unknown streams that are remembered: only a flood has more. */
const MAX_REMEMBERED = 256;

/**
 * Consumers that sent one hello for an otherwise unknown stream. A consumer repeats its hello; a tool that checks whether the stream exists
 * does not, and must not make a stream appear.
 */
export class FirstHellos {
  readonly #seen = new Set<string>();

  /** True if this consumer has already sent a hello for the stream. */
  isSecond(streamId: number, consumerId: number): boolean {
    const key = `${streamId}/${consumerId}`;
    if (this.#seen.delete(key)) return true;
    if (this.#seen.size >= MAX_REMEMBERED) this.#seen.delete(this.#seen.values().next().value as string);
    this.#seen.add(key);
    return false;
  }
}

/** Consumers of unknown streams that are remembered: more than that come only from a flood. */
const MAX_REMEMBERED = 256;

/**
 * Consumers that said hello once for a stream of which nothing else is known. A consumer repeats its hello; a tool that asks whether
 * the stream exists does not, and makes no stream appear.
 */
export class FirstHellos {
  readonly #seen = new Set<string>();

  /** True when this consumer has said hello for the stream before. */
  isSecond(streamId: number, consumerId: number): boolean {
    const key = `${streamId}/${consumerId}`;
    if (this.#seen.delete(key)) return true;
    if (this.#seen.size >= MAX_REMEMBERED) this.#seen.delete(this.#seen.values().next().value as string);
    this.#seen.add(key);
    return false;
  }
}

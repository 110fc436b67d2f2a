import type { StreamView } from "../supervision/model/index.ts";
import { SAMPLES_KEPT, type Sample } from "./messages.ts";

/** Most streams with a history; further ones have none. */
const MAX_STREAMS = 256;

/** The last minutes of each stream, one sample per second. */
export class History {
  readonly #streams = new Map<number, Sample[]>();

  /** Takes a sample of every stream. `delays`: mean frame delays of the last second, for streams that are watched. */
  add(timeMs: number, streams: readonly StreamView[], delays: ReadonlyMap<number, number>): void {
    const present = new Set(streams.map(({ streamId }) => streamId));
    for (const streamId of this.#streams.keys()) if (!present.has(streamId)) this.#streams.delete(streamId);
    for (const { streamId, framesPerSecond, bytesPerSecond, dropsPerSecond } of streams) {
      let samples = this.#streams.get(streamId);
      if (samples === undefined) {
        if (this.#streams.size >= MAX_STREAMS) continue;
        samples = [];
        this.#streams.set(streamId, samples);
      }
      const delay = delays.get(streamId) ?? null;
      samples.push([Math.round(timeMs / 100) / 10, framesPerSecond, bytesPerSecond, dropsPerSecond, delay]);
      if (samples.length > SAMPLES_KEPT) samples.shift();
    }
  }

  /** By stream id. */
  toJson(): Record<number, readonly Sample[]> {
    return Object.fromEntries(this.#streams);
  }

  newestOf(streamId: number): Sample | null {
    return this.#streams.get(streamId)?.at(-1) ?? null;
  }
}

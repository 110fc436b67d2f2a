import type { FrameReader } from "./frame-reader.ts";
import type { MappedRegions } from "./ports.ts";

/** A frame that is read where it lies after its handler has returned; its memory stays mapped until `release`. */
export class HeldFrame {
  readonly #reader: FrameReader;
  readonly #regions: MappedRegions;
  readonly #seq: number;

  constructor(reader: FrameReader, regions: MappedRegions, seq: number) {
    this.#reader = reader;
    this.#regions = regions;
    this.#seq = seq;
    regions.hold();
  }

  /** Acquires: true when everything that was read until now was of this frame. */
  isIntact(): boolean {
    return this.#reader.stillHolds(this.#seq);
  }

  /** To be called once. */
  release(): void {
    this.#regions.release();
  }
}

import type { FrameReader } from "./frame-reader.ts";
import type { MappedRegions } from "./ports.ts";

/**
 * A frame that is read in place after its handler has returned; its memory stays mapped until `release`. One object can hold one frame
 * after another.
 */
export class HeldFrame {
  #reader: FrameReader | null = null;
  #regions: MappedRegions | null = null;
  #seq = 0;

  /** For `ConsumerStream.hold`. */
  begin(reader: FrameReader, regions: MappedRegions, seq: number): void {
    this.release();
    regions.hold();
    this.#reader = reader;
    this.#regions = regions;
    this.#seq = seq;
  }

  /** True until `release` is called. */
  get isHeld(): boolean {
    return this.#reader !== null;
  }

  /** Acquire fence: true if everything read so far belongs to this frame. */
  isIntact(): boolean {
    return this.#reader?.stillHolds(this.#seq) === true;
  }

  /** Idempotent. */
  release(): void {
    const regions = this.#regions;
    this.#reader = null;
    this.#regions = null;
    regions?.release();
  }
}

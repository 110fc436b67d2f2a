import type { SlotPlace } from "../../protocol/slot-place.ts";
import type { SinkStream } from "../types.ts";

/** A power of two. */
const CAPACITY = 1024;
const NONE = -1;

/** The frames that the peer holds, by their tokens. Allocates nothing per frame. */
export class HandedFrames {
  readonly #tokens = new Int32Array(CAPACITY).fill(NONE);
  readonly #seqs = new Float64Array(CAPACITY);
  readonly #bytes = new Float64Array(CAPACITY);
  readonly #places: (SlotPlace | null)[] = new Array(CAPACITY).fill(null);
  #nextToken = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Most frames of a ring that the peer may hold: a producer that waits for its readers does not overwrite them. */
  limitFor(nslots: number): number {
    return Math.max(1, Math.min(CAPACITY, Math.floor(nslots / 4)));
  }

  /** @throws RangeError if its place in the table is still taken */
  add(seq: number, byteLength: number, place: SlotPlace): number {
    const token = this.#nextToken;
    const at = token & (CAPACITY - 1);
    if (this.#tokens[at] !== NONE)
      throw new RangeError(`expected at most ${CAPACITY} frames between the oldest and the newest`);
    this.#nextToken = (token + 1) & 0x7fff_ffff;
    this.#tokens[at] = token;
    this.#seqs[at] = seq;
    this.#bytes[at] = byteLength;
    this.#places[at] = place;
    this.#count++;
    return token;
  }

  /** True if the table has room for the next frame. */
  get hasRoom(): boolean {
    return this.#tokens[this.#nextToken & (CAPACITY - 1)] === NONE;
  }

  /** Removes a frame; returns its bytes, -1 if it is not there. */
  release(token: number): number {
    const at = token & (CAPACITY - 1);
    if (token < 0 || this.#tokens[at] !== token) return NONE;
    this.#tokens[at] = NONE;
    this.#places[at] = null;
    this.#count--;
    return this.#bytes[at] as number;
  }

  /** The last added frame was not passed on. */
  takeBackLast(): void {
    const token = (this.#nextToken - 1) & 0x7fff_ffff;
    if (this.release(token) !== NONE) this.#nextToken = token;
  }

  /** The peer is gone: frames it has not returned were not read. */
  takeBackAll(stream: Pick<SinkStream, "takeBack">): void {
    for (const token of this.#tokens) {
      if (token !== NONE) stream.takeBack(this.release(token), "sinkTooSlow");
    }
  }

  placeOf(token: number): SlotPlace | null {
    const at = token & (CAPACITY - 1);
    return this.#tokens[at] === token ? (this.#places[at] as SlotPlace) : null;
  }

  seqOf(token: number): number {
    return this.#seqs[token & (CAPACITY - 1)] as number;
  }
}

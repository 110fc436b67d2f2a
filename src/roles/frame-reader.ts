import { asInteger } from "../core/integer.ts";
import { bitsOfCode } from "../protocol/dtype.ts";
import { type FrameHeader, HEADER_WORD } from "../protocol/frame-header.ts";
import { findHeaderFault, HeaderFault } from "../protocol/frame-validation.ts";
import type { SlotPlace } from "../protocol/slot-place.ts";
import { HeaderRing } from "../shm/header-ring.ts";
import { PayloadPool } from "../shm/payload-pool.ts";
import type { LossCause } from "./counters.ts";
import type { Frame } from "./frame.ts";
import type { MappedRegions } from "./ports.ts";
import { newestSeqOf } from "./ring-extent.ts";

/** Maps a header fault to the cause it is counted under. */
const CAUSE_OF_FAULT: readonly LossCause[] = (() => {
  const causes: LossCause[] = [];
  causes[HeaderFault.NDIMS] = "headerNdims";
  causes[HeaderFault.STRIDES] = "headerStrides";
  causes[HeaderFault.PAYLOAD_OFFSET] = "headerPayloadOffset";
  causes[HeaderFault.VALUES_LENGTH] = "headerValuesLength";
  causes[HeaderFault.PAYLOAD_SLOT] = "headerPayloadSlot";
  causes[HeaderFault.POOL_ID] = "headerPoolId";
  causes[HeaderFault.DTYPE] = "headerDtype";
  causes[HeaderFault.MAJOR_ORDER] = "headerMajorOrder";
  causes[HeaderFault.DIMS] = "headerDims";
  causes[HeaderFault.SHAPE] = "headerShape";
  return causes;
})();

/** Reads frames of one mapped epoch by the commit protocol (W-16): never waits, and trusts no unchecked value. */
export class FrameReader {
  readonly nslots: number;
  /** Places of the slots in files, one per pool. */
  readonly places: readonly SlotPlace[];
  readonly #ring: HeaderRing;
  readonly #pools: readonly PayloadPool[];
  /** The last checked header, its pool, and its fault. */
  #checked: FrameHeader | null = null;
  #pool: PayloadPool | null = null;
  #fault: HeaderFault = HeaderFault.NONE;
  #awaitedSeq = -1;
  #preparedSeq = -1;

  constructor(stream: MappedRegions) {
    this.nslots = asInteger(stream.nslots);
    this.#ring = new HeaderRing(stream.headerRing.mapping, stream.nslots);
    this.#pools = PayloadPool.ofStream(stream);
    this.places = this.#pools.map(({ place }) => place as SlotPlace);
  }

  /** True while no frame of the epoch was claimed. */
  get isUntouched(): boolean {
    return this.#ring.isUntouched;
  }

  /** True if frame `seq` was claimed: its slot holds it or a newer one. */
  hasReached(seq: number): boolean {
    const word = this.#ring.loadCommitWord(this.#ring.indexOf(seq));
    // A producer publishes a descriptor after it has written the word. Beyond 2^53 the word is invalid.
    return word >= seq * 2 && word <= Number.MAX_SAFE_INTEGER && !(seq === 0 && this.#ring.isUntouched);
  }

  /** Seq of the newest frame in the ring, at least `after`, see `newestSeqOf`. */
  newestSeq(after: number, includesUncommitted: boolean): number {
    return newestSeqOf(this.#ring, after, includesUncommitted);
  }

  /** The slot of frame `seq`. */
  indexOf(seq: number): number {
    return this.#ring.indexOf(seq);
  }

  /** True if the slot of frame `seq` still holds it after its values were read. */
  stillHolds(seq: number): boolean {
    return this.#ring.stillHasCommitWord(this.#ring.indexOf(seq), seq * 2);
  }

  /** The commit word of the slot of frame `seq`. */
  wordOf(seq: number): number {
    return this.#ring.loadCommitWord(this.#ring.indexOf(seq));
  }

  /** Address of the low half of that word. */
  wordAddressOf(seq: number): number {
    return this.#ring.commitWordAddress(this.#ring.indexOf(seq));
  }

  /** Prefetches the header of frame `seq`, which is about to be read. */
  fetch(seq: number): void {
    this.#ring.fetch(this.#ring.indexOf(seq));
  }

  /**
   * Frame `seq` is not available yet. On the second call, and so not in a continuous run of frames, this prefetches the lines needed to
   * read it, except those that its producer will write.
   */
  prefetchNext(seq: number): void {
    const isLong = seq === this.#awaitedSeq;
    this.#awaitedSeq = seq;
    if (!isLong || seq === this.#preparedSeq) return;
    this.#preparedSeq = seq;
    const index = this.#ring.indexOf(seq);
    this.#ring.fetchSecondLine(index);
    this.#pool?.fetch(index);
  }

  /**
   * Prefetches what the producer has written of frame `seq`: header and the beginning of the payload are fetched in parallel with its
   * descriptor, not after it.
   */
  expect(seq: number): void {
    const index = this.#ring.indexOf(seq);
    this.#ring.fetch(index);
    this.#pool?.fetchFirst(index);
  }

  /** Opens frame `seq` for reading; returns the cause if it cannot be read. */
  begin(frame: Frame, seq: number): LossCause | null {
    const index = this.#ring.indexOf(seq);
    const word = seq * 2;
    if (!this.#ring.hasCommitWord(index, word)) return this.#causeOf(this.#ring.loadCommitWord(index), seq);
    const { header } = frame;
    const isNew = this.#ring.readHeader(index, header);
    if (isNew || header !== this.#checked || header.words[HEADER_WORD.payloadSlot] !== index)
      this.#check(header, index);
    // A header that was torn during the copy proves nothing about its writer.
    if (!header.isFrame(seq)) return this.#isUnchanged(index, seq) ? "identity" : "changed";
    if (this.#fault !== HeaderFault.NONE) {
      return this.#isUnchanged(index, seq) ? (CAUSE_OF_FAULT[this.#fault] as LossCause) : "changed";
    }
    frame.begin(index, seq, word, this.#ring, this.#pool as PayloadPool, header.valuesLenBytes);
    return null;
  }

  /** The result holds for all frames with the same shape and pool that are in their slot. */
  #check(header: FrameHeader, index: number): void {
    this.#pool = this.#poolOf(header.poolId);
    this.#fault = findHeaderFault(header, index, this.#pool === null ? 0 : this.#pool.strideBytes);
    this.#checked = header.payloadSlot === index ? header : null;
  }

  /**
   * Opens the filled part of a frame that is being written (W-43). "gone": the slot no longer holds that frame as being written. "refused":
   * the message does not fit the frame's header.
   */
  beginPartial(
    frame: Frame,
    seq: number,
    index: number,
    bytesFilled: number,
    rowsFilled: number | null,
  ): "gone" | "refused" | null {
    if (index !== this.#ring.indexOf(seq)) return "refused";
    const word = this.#ring.loadCommitWord(index);
    if (word !== seq * 2 + 1) return "gone";
    const { header } = frame;
    this.#ring.readHeader(index, header);
    const pool = this.#poolOf(header.poolId);
    const fault = findHeaderFault(header, index, pool === null ? 0 : pool.strideBytes);
    if (!this.#ring.stillHasCommitWord(index, word)) return "gone";
    if (!header.isFrame(seq) || fault !== HeaderFault.NONE || pool === null) return "refused";
    if (bytesFilled > header.valuesLenBytes) return "refused";
    const readable = rowsFilled === null ? bytesFilled : Math.min(bytesFilled, rowsFilled * rowBytes(header));
    if (rowsFilled === null && !isPlainlyContiguous(header)) return "refused";
    frame.begin(index, seq, word, this.#ring, pool, readable);
    return null;
  }

  /** Ends the reading: true if the frame was intact throughout. */
  end(frame: Frame): boolean {
    const isIntact = frame.isIntact();
    frame.end();
    return isIntact;
  }

  /** Why frame `seq` is unavailable, given its slot's commit word: its own means that it was committed meanwhile. */
  #causeOf(word: number, seq: number): LossCause {
    return word % 2 === 1 || word === seq * 2 ? "odd" : "identity";
  }

  #isUnchanged(index: number, seq: number): boolean {
    return this.#ring.stillHasCommitWord(index, seq * 2);
  }

  #poolOf(poolId: number): PayloadPool | null {
    for (let i = 0; i < this.#pools.length; i++) {
      const pool = this.#pools[i] as PayloadPool;
      if (pool.poolId === poolId) return pool;
    }
    return null;
  }
}

/** True if all strides are 0, up to the number of dims. */
function isPlainlyContiguous(header: FrameHeader): boolean {
  for (let i = 0; i < header.ndims; i++) if (header.strides[i] !== 0) return false;
  return true;
}

/** Bytes of one row: one step along the first dimension (the slowest in row order). */
function rowBytes(header: FrameHeader): number {
  const stride = header.strides[0] as number;
  if (header.ndims > 0 && stride > 0) return stride;
  let bits = bitsOfCode(header.dtype);
  for (let i = 1; i < header.ndims; i++) bits *= header.dims[i] as number;
  return Math.floor(bits / 8);
}

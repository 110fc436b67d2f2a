import { asInteger } from "../core/integer.ts";
import { MAX_DIMS } from "../protocol/dtype.ts";
import { type FrameHeader, HEADER_WORD as WORD } from "../protocol/frame-header.ts";
import { acquireFence, releaseFence, SharedWords } from "./atomics.ts";
import type { RegionMemory } from "./mapping.ts";
import { HEADER_SLOT_BYTES, SUPERBLOCK_BYTES } from "./superblock.ts";

const HEADER_SLOT_WORDS = HEADER_SLOT_BYTES / 4;
/** Distance between the commit words of adjacent slots, in 8-byte words. */
const COMMIT_WORD_STEP = HEADER_SLOT_BYTES / 8;

/** The other dims and all strides are in the slot's second cache line. */
const DIMS_BESIDE_COMMIT_WORD = 4;
const SECOND_LINE = WORD.dims + DIMS_BESIDE_COMMIT_WORD;

/**
 * The header ring of a stream: `nslots` slots of 256 bytes (W-02), with the commit protocol (W-14 to W-16). The commit word
 * of frame `seq` is `seq * 2 + 1` while it is written and `seq * 2` once it is committed.
 */
export class HeaderRing {
  readonly nslots: number;
  readonly #commitWords: SharedWords;
  readonly #commitWordsAddress: number;
  readonly #words: Int32Array;
  /** Keeps the loads of `fetch` from being optimised away. */
  #blackhole = 0;
  /** 0, in a way that the compiler cannot fold. */
  #opaqueZero = 0;

  /** The mapping must hold at least `64 + nslots * 256` bytes. */
  constructor(mapping: RegionMemory, nslots: number) {
    this.nslots = asInteger(nslots);
    const window = mapping.window(SUPERBLOCK_BYTES, nslots * HEADER_SLOT_BYTES);
    this.#commitWords = new SharedWords(window);
    this.#commitWordsAddress = mapping.address + SUPERBLOCK_BYTES;
    this.#words = new Int32Array(window);
  }

  /**
   * The slot of frame `seq`. `&` takes a number modulo 2^32 first, so that it is also correct for seqs beyond 32 bits, because `nslots` is
   * a power of two (W-15); `%` is three times slower there.
   */
  indexOf(seq: number): number {
    return seq & (this.nslots - 1);
  }

  /**
   * True while no frame was claimed: the first claim marks slot 0. A slot of zeros is not a committed frame 0, which would have an element
   * type.
   */
  get isUntouched(): boolean {
    return this.loadCommitWord(0) === 0 && this.#words[WORD.poolAndDtype] === 0;
  }

  /** Marks the slot as being written before anything else in it is touched (W-15). */
  markWriting(index: number, seq: number): void {
    this.#commitWords.store(index * COMMIT_WORD_STEP, seq * 2 + 1);
    // No write to header or payload may become visible before the mark (docs/MEMORY_ORDERING.md).
    releaseFence();
  }

  /** Writes every field except the commit word; dims and strides beyond `ndims` as 0 (W-09). */
  writeHeader(index: number, header: FrameHeader): void {
    const at = index * HEADER_SLOT_WORDS;
    const to = this.#words;
    const from = header.words;
    const { ndims } = header;
    to[at + WORD.frameIdLow] = from[WORD.frameIdLow] as number;
    to[at + WORD.frameIdHigh] = from[WORD.frameIdHigh] as number;
    to[at + WORD.timestampLow] = from[WORD.timestampLow] as number;
    to[at + WORD.timestampHigh] = from[WORD.timestampHigh] as number;
    to[at + WORD.metaVersion] = from[WORD.metaVersion] as number;
    to[at + WORD.valuesLenBytes] = from[WORD.valuesLenBytes] as number;
    to[at + WORD.payloadSlot] = from[WORD.payloadSlot] as number;
    to[at + WORD.payloadOffset] = from[WORD.payloadOffset] as number;
    to[at + WORD.poolAndDtype] = from[WORD.poolAndDtype] as number;
    to[at + WORD.orderAndDims] = from[WORD.orderAndDims] as number;
    to[at + WORD.dims] = ndims > 0 ? (from[WORD.dims] as number) : 0;
    to[at + WORD.dims + 1] = ndims > 1 ? (from[WORD.dims + 1] as number) : 0;
    to[at + WORD.dims + 2] = ndims > 2 ? (from[WORD.dims + 2] as number) : 0;
    to[at + WORD.dims + 3] = ndims > 3 ? (from[WORD.dims + 3] as number) : 0;
    this.#storeSecondLineIfChanged(at, ndims, from);
  }

  /**
   * The other dims and the strides. A store takes their line away from every reader's core and costs as much as the rest of a small frame;
   * comparing the current contents does not. They seldom change and are usually all zeros.
   */
  #storeSecondLineIfChanged(at: number, ndims: number, from: Int32Array): void {
    const words = this.#words;
    const rest = at + SECOND_LINE;
    const found =
      words[rest]! |
      words[rest + 1]! |
      words[rest + 2]! |
      words[rest + 3]! |
      words[rest + 4]! |
      words[rest + 5]! |
      words[rest + 6]! |
      words[rest + 7]! |
      words[rest + 8]! |
      words[rest + 9]! |
      words[rest + 10]! |
      words[rest + 11]!;
    const due = from[WORD.strides]! | from[WORD.strides + 1]! | from[WORD.strides + 2]! | from[WORD.strides + 3]!;
    if (found === 0 && due === 0 && ndims <= DIMS_BESIDE_COMMIT_WORD) return;
    for (let i = DIMS_BESIDE_COMMIT_WORD; i < MAX_DIMS; i++) {
      this.#storeIfChanged(at + WORD.dims + i, i < ndims ? (from[WORD.dims + i] as number) : 0);
    }
    for (let i = 0; i < MAX_DIMS; i++) {
      this.#storeIfChanged(at + WORD.strides + i, i < ndims ? (from[WORD.strides + i] as number) : 0);
    }
  }

  #storeIfChanged(at: number, value: number): void {
    if (this.#words[at] !== value) this.#words[at] = value;
  }

  /** Makes header and payload visible as frame `seq` (W-15). */
  commit(index: number, seq: number): void {
    releaseFence();
    this.#commitWords.store(index * COMMIT_WORD_STEP, seq * 2);
  }

  /** The commit word, with acquire; beyond 2^53 it equals no valid number. */
  loadCommitWord(index: number): number {
    const word = this.#commitWords.load(index * COMMIT_WORD_STEP);
    acquireFence();
    return word;
  }

  /** Address of the low half of the commit word, for waiting until it changes. */
  commitWordAddress(index: number): number {
    return this.#commitWordsAddress + index * HEADER_SLOT_BYTES;
  }

  /** True when the commit word, with acquire, is `word`. */
  hasCommitWord(index: number, word: number): boolean {
    const isThere = this.#commitWords.holds(index * COMMIT_WORD_STEP, word);
    acquireFence();
    return isThere;
  }

  /** True if the commit word is still `word` after header and payload were read. */
  stillHasCommitWord(index: number, word: number): boolean {
    // All reads must complete before this load (docs/MEMORY_ORDERING.md).
    acquireFence();
    return this.#commitWords.holds(index * COMMIT_WORD_STEP, word);
  }

  /**
   * Fetches the cache line with the commit word of a slot that is about to be read. Lines written by another core take as long to arrive as
   * the rest of a small frame; requested together, they arrive together. The loaded value is not used.
   */
  fetch(index: number): void {
    this.#blackhole ^= this.#words[index * HEADER_SLOT_WORDS + WORD.frameIdLow] as number;
  }

  /**
   * Makes the slot's first cache line this core's own by a store that changes nothing, so that the stores of the next frame find it: they
   * wait for each other and for each missing line. Fetches the second line, which seldom changes.
   */
  prefetchForWrite(index: number): void {
    const at = index * HEADER_SLOT_WORDS + WORD.frameIdLow;
    this.fetchSecondLine(index);
    this.#words[at] = (this.#words[at] as number) ^ this.#opaqueZero;
  }

  /** Fetches the second line of a slot, and with it the translation of the page that holds the first. */
  fetchSecondLine(index: number): void {
    this.#blackhole ^= this.#words[index * HEADER_SLOT_WORDS + SECOND_LINE] as number;
  }

  /**
   * Copies the slot's fields into `header`, dims and strides up to `ndims`. False if all fields that decide about its shape and pool were
   * already there from another frame: the result for that frame holds for this one.
   */
  readHeader(index: number, header: FrameHeader): boolean {
    const at = index * HEADER_SLOT_WORDS;
    const from = this.#words;
    const to = header.words;
    to[WORD.frameIdLow] = from[at + WORD.frameIdLow] as number;
    to[WORD.frameIdHigh] = from[at + WORD.frameIdHigh] as number;
    to[WORD.timestampLow] = from[at + WORD.timestampLow] as number;
    to[WORD.timestampHigh] = from[at + WORD.timestampHigh] as number;
    to[WORD.metaVersion] = from[at + WORD.metaVersion] as number;
    to[WORD.payloadSlot] = from[at + WORD.payloadSlot] as number;
    const valuesLenBytes = from[at + WORD.valuesLenBytes] as number;
    const payloadOffset = from[at + WORD.payloadOffset] as number;
    const poolAndDtype = from[at + WORD.poolAndDtype] as number;
    const orderAndDims = from[at + WORD.orderAndDims] as number;
    let differs =
      (valuesLenBytes ^ (to[WORD.valuesLenBytes] as number)) |
      (payloadOffset ^ (to[WORD.payloadOffset] as number)) |
      (poolAndDtype ^ (to[WORD.poolAndDtype] as number)) |
      (orderAndDims ^ (to[WORD.orderAndDims] as number));
    to[WORD.valuesLenBytes] = valuesLenBytes;
    to[WORD.payloadOffset] = payloadOffset;
    to[WORD.poolAndDtype] = poolAndDtype;
    to[WORD.orderAndDims] = orderAndDims;
    const ndims = (orderAndDims >>> 16) & 0xff;
    const used = ndims < MAX_DIMS ? ndims : MAX_DIMS;
    for (let i = 0; i < used; i++) {
      const dim = from[at + WORD.dims + i] as number;
      const stride = from[at + WORD.strides + i] as number;
      differs |= (dim ^ (to[WORD.dims + i] as number)) | (stride ^ (to[WORD.strides + i] as number));
      to[WORD.dims + i] = dim;
      to[WORD.strides + i] = stride;
    }
    return differs !== 0;
  }
}

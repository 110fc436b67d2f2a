import { MAX_DIMS } from "../protocol/dtype.ts";
import type { FrameHeader } from "../protocol/frame-header.ts";
import { acquireFence, releaseFence, SharedWords } from "./atomics.ts";
import type { Mapping } from "./mapping.ts";
import { HEADER_SLOT_BYTES, SUPERBLOCK_BYTES } from "./superblock.ts";

const HEADER_SLOT_WORDS = HEADER_SLOT_BYTES / 4;
/** From the commit word of one slot to that of the next, in words of 8 bytes. */
const COMMIT_WORD_STEP = HEADER_SLOT_BYTES / 8;
const TWO_32 = 0x1_0000_0000;

/** Offsets of template 51 in 32-bit words; fields that share a word are packed little-endian (the host is). */
const WORD = {
  frameIdLow: 2,
  frameIdHigh: 3,
  timestampLow: 4,
  timestampHigh: 5,
  metaVersion: 6,
  valuesLenBytes: 7,
  payloadSlot: 8,
  payloadOffset: 9,
  /** poolId u16, dtype i16. */
  poolAndDtype: 10,
  /** majorOrder i16, ndims u8, padAlign u8. */
  orderAndDims: 11,
  dims: 12,
  strides: 20,
} as const;

/** The other dims, and all strides, are in the slot's second cache line. */
const DIMS_BESIDE_COMMIT_WORD = 4;

/**
 * The header ring of a stream: `nslots` slots of 256 bytes (W-02), with the commit protocol (W-14 to W-16). The commit word
 * of frame `seq` is `seq * 2 + 1` while it is written and `seq * 2` once it is committed.
 */
export class HeaderRing {
  readonly nslots: number;
  readonly #commitWords: SharedWords;
  readonly #commitWordsAddress: number;
  readonly #words: Uint32Array;
  readonly #signedWords: Int32Array;
  /** Keeps what `fetch` loads from being optimised away. */
  #fetched = 0;

  /** The mapping must hold at least `64 + nslots * 256` bytes. */
  constructor(mapping: Mapping, nslots: number) {
    this.nslots = nslots;
    const window = mapping.window(SUPERBLOCK_BYTES, nslots * HEADER_SLOT_BYTES);
    this.#commitWords = new SharedWords(window);
    this.#commitWordsAddress = mapping.address + SUPERBLOCK_BYTES;
    this.#words = new Uint32Array(window);
    this.#signedWords = new Int32Array(window);
  }

  /**
   * The slot that frame `seq` goes to. `&` takes a number modulo 2^32 first, so that it is right for seqs beyond 32 bits as
   * well, `nslots` being a power of two (W-15); `%` is three times slower there.
   */
  indexOf(seq: number): number {
    return seq & (this.nslots - 1);
  }

  /**
   * True while nobody has claimed a frame: the first one marks slot 0. A slot of zeros is not frame 0 that was committed, which has
   * an element type.
   */
  get isUntouched(): boolean {
    return this.loadCommitWord(0) === 0 && this.#words[WORD.poolAndDtype] === 0;
  }

  /** Marks the slot as being written, before anything else of it is touched (W-15). */
  markWriting(index: number, seq: number): void {
    this.#commitWords.store(index * COMMIT_WORD_STEP, seq * 2 + 1);
    // Nothing that is written to header or payload may be seen before the mark (bun-ffi.md, 3).
    releaseFence();
  }

  /** Writes every field but the commit word; dims and strides beyond `ndims` as 0 (W-09). */
  writeHeader(index: number, header: FrameHeader): void {
    const at = index * HEADER_SLOT_WORDS;
    const words = this.#words;
    const frameIdHigh = Math.floor(header.frameId / TWO_32);
    words[at + WORD.frameIdLow] = header.frameId - frameIdHigh * TWO_32;
    words[at + WORD.frameIdHigh] = frameIdHigh;
    words[at + WORD.timestampLow] = header.timestampLow;
    words[at + WORD.timestampHigh] = header.timestampHigh;
    words[at + WORD.metaVersion] = header.metaVersion;
    words[at + WORD.valuesLenBytes] = header.valuesLenBytes;
    words[at + WORD.payloadSlot] = header.payloadSlot;
    words[at + WORD.payloadOffset] = header.payloadOffset;
    words[at + WORD.poolAndDtype] = header.poolId | (header.dtype << 16);
    words[at + WORD.orderAndDims] = header.majorOrder | (header.ndims << 16);
    const { ndims, dims, strides } = header;
    for (let i = 0; i < DIMS_BESIDE_COMMIT_WORD; i++) words[at + WORD.dims + i] = i < ndims ? (dims[i] as number) : 0;
    for (let i = DIMS_BESIDE_COMMIT_WORD; i < MAX_DIMS; i++) {
      this.#settle(at + WORD.dims + i, i < ndims ? (dims[i] as number) : 0);
    }
    for (let i = 0; i < MAX_DIMS; i++) this.#settle(at + WORD.strides + i, i < ndims ? (strides[i] as number) : 0);
  }

  /**
   * Makes the word hold `value`. A store takes the line away from every reader's core, and costs as much as the rest of a small
   * frame: what is there already is compared, which does not. (These fields have a line to themselves, which seldom changes.)
   */
  #settle(at: number, value: number): void {
    if (this.#signedWords[at] !== value) this.#signedWords[at] = value;
  }

  /** Makes header and payload visible as frame `seq` (W-15). */
  commit(index: number, seq: number): void {
    releaseFence();
    this.#commitWords.store(index * COMMIT_WORD_STEP, seq * 2);
  }

  /** The commit word, with acquire; beyond 2^53 it equals no number. */
  loadCommitWord(index: number): number {
    const word = this.#commitWords.load(index * COMMIT_WORD_STEP);
    acquireFence();
    return word;
  }

  /** Address of the low half of the commit word, for who waits until it changes. */
  commitWordAddress(index: number): number {
    return this.#commitWordsAddress + index * HEADER_SLOT_BYTES;
  }

  /** The commit word again, after header and payload were read. */
  reloadCommitWord(index: number): number {
    // What was read must have been read before this load (bun-ffi.md, 3).
    acquireFence();
    return this.#commitWords.load(index * COMMIT_WORD_STEP);
  }

  /**
   * Fetches the cache line with the commit word of a slot that is about to be read. Lines that were written by another core
   * take as long to come as the rest of a small frame: asked for one after the other at once, they come together. What is
   * loaded is not used.
   */
  fetch(index: number): void {
    this.#fetched ^= this.#words[index * HEADER_SLOT_WORDS + WORD.frameIdLow] as number;
  }

  /** Copies the slot's fields into `header`. */
  readHeader(index: number, header: FrameHeader): void {
    const at = index * HEADER_SLOT_WORDS;
    const words = this.#words;
    const signed = this.#signedWords;
    header.frameId = (words[at + WORD.frameIdLow] as number) + (words[at + WORD.frameIdHigh] as number) * TWO_32;
    header.timestampLow = words[at + WORD.timestampLow] as number;
    header.timestampHigh = words[at + WORD.timestampHigh] as number;
    header.metaVersion = words[at + WORD.metaVersion] as number;
    header.valuesLenBytes = words[at + WORD.valuesLenBytes] as number;
    header.payloadSlot = words[at + WORD.payloadSlot] as number;
    header.payloadOffset = words[at + WORD.payloadOffset] as number;
    const poolAndDtype = signed[at + WORD.poolAndDtype] as number;
    header.poolId = poolAndDtype & 0xffff;
    header.dtype = poolAndDtype >> 16;
    const orderAndDims = signed[at + WORD.orderAndDims] as number;
    header.majorOrder = (orderAndDims << 16) >> 16;
    const ndims = (orderAndDims >>> 16) & 0xff;
    header.ndims = ndims;
    const used = ndims < 8 ? ndims : 8;
    for (let i = 0; i < used; i++) {
      header.dims[i] = signed[at + WORD.dims + i] as number;
      header.strides[i] = signed[at + WORD.strides + i] as number;
    }
  }
}

import type { FrameHeader } from "../protocol/frame-header.ts";
import { acquireFence, loadAcquire, releaseFence, storeRelease } from "./atomics.ts";
import type { Mapping } from "./mapping.ts";
import { HEADER_SLOT_BYTES, SUPERBLOCK_BYTES } from "./superblock.ts";

const HEADER_SLOT_WORDS = HEADER_SLOT_BYTES / 4;
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

/**
 * The header ring of a stream: `nslots` slots of 256 bytes (W-02), with the commit protocol (W-14 to W-16). The commit word
 * of frame `seq` is `seq * 2 + 1` while it is written and `seq * 2` once it is committed.
 */
export class HeaderRing {
  readonly nslots: number;
  readonly #baseAddress: number;
  readonly #words: Uint32Array;
  readonly #signedWords: Int32Array;

  /** The mapping must hold at least `64 + nslots * 256` bytes. */
  constructor(mapping: Mapping, nslots: number) {
    this.nslots = nslots;
    this.#baseAddress = mapping.address + SUPERBLOCK_BYTES;
    const window = mapping.window(SUPERBLOCK_BYTES, nslots * HEADER_SLOT_BYTES);
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

  /** Marks the slot as being written, before anything else of it is touched (W-15). */
  markWriting(index: number, seq: number): void {
    storeRelease(this.#baseAddress + index * HEADER_SLOT_BYTES, seq * 2 + 1);
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
    for (let i = 0; i < 8; i++) {
      const isUsed = i < ndims;
      words[at + WORD.dims + i] = isUsed ? (dims[i] as number) : 0;
      words[at + WORD.strides + i] = isUsed ? (strides[i] as number) : 0;
    }
  }

  /** Makes header and payload visible as frame `seq` (W-15). */
  commit(index: number, seq: number): void {
    storeRelease(this.#baseAddress + index * HEADER_SLOT_BYTES, seq * 2);
  }

  /** The commit word, with acquire; beyond 2^53 it equals no number. */
  loadCommitWord(index: number): number {
    return loadAcquire(this.#baseAddress + index * HEADER_SLOT_BYTES);
  }

  /** The commit word again, after header and payload were read. */
  reloadCommitWord(index: number): number {
    // What was read must have been read before this load (bun-ffi.md, 3).
    acquireFence();
    return loadAcquire(this.#baseAddress + index * HEADER_SLOT_BYTES);
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

import type { Channel } from "./channel.ts";

/** A frame that is written from where it lies. */
export interface FrameInPlace {
  /** True when everything that was read until now was of this frame. */
  isIntact(): boolean;
  /** It is not read any more. */
  release(): void;
}

/** A chunk with its MessageIndex records, or other records, to be written as one; a part of a file has them one after the other. */
export interface Block {
  /** To be declared in a part before the block. */
  readonly channels: readonly Channel[];
  /** In the order of the file: the head of the chunk, the records, the index. */
  readonly pieces: readonly Uint8Array[];
  readonly byteLength: number;
  /** Null where it is written from memory of the recorder's own: then it is proven. */
  readonly frame: FrameInPlace | null;
  /** What the summary says of the chunk, relative to the block. */
  readonly chunk: ChunkFacts;
  /** Frames and their bytes, for each of `channels`. */
  readonly frames: readonly number[];
  readonly bytes: readonly number[];
  /** True for the recorder's own account: it may use the last room of a full disk. */
  readonly isAccount: boolean;
  /** False while it is being compressed. */
  readonly isReady: boolean;
  /** Gives back the memory that the pieces lie in. */
  release(): void;
}

export interface ChunkFacts {
  readonly startHigh: number;
  readonly startLow: number;
  readonly endHigh: number;
  readonly endLow: number;
  /** Bytes of the Chunk record; its MessageIndex records follow. */
  readonly byteLength: number;
  readonly compression: string;
  readonly compressedSize: number;
  readonly uncompressedSize: number;
  /** Where the MessageIndex of each channel begins, from the block's beginning. */
  readonly indexOffsets: readonly number[];
  /** Messages of each channel. */
  readonly messages: readonly number[];
}

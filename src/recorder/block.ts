import type { Channel } from "./channel.ts";

/** A frame that is written directly from its slot. */
export interface FrameInPlace {
  /** True if everything read so far belongs to this frame. */
  isIntact(): boolean;
  /** The frame is no longer read. */
  release(): void;
}

/** A chunk with its MessageIndex records, or other records, written as a unit; a part of a file contains them one after another. */
export interface Block {
  /** Must be declared in a part before the block. */
  readonly channels: readonly Channel[];
  /** In file order: the chunk's head, the records, the index. */
  readonly pieces: readonly Uint8Array[];
  readonly byteLength: number;
  /** Null if it is written from the recorder's own memory: it is then already proven. */
  readonly frame: FrameInPlace | null;
  /** The chunk's summary data, relative to the block. */
  readonly chunk: ChunkFacts;
  /** Frames and their bytes, for each of `channels`. */
  readonly frames: readonly number[];
  readonly bytes: readonly number[];
  /** True for the recorder's own account: it may use the last space of a full disk. */
  readonly isAccount: boolean;
  /** False while it is being compressed. */
  readonly isReady: boolean;
  /** Releases the memory of the pieces. */
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
  /** Offset of each channel's MessageIndex from the block's beginning. */
  readonly indexOffsets: readonly number[];
  /** Number of messages of each channel. */
  readonly messages: readonly number[];
}

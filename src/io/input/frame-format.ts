import type { FrameLayout } from "../types.ts";

/**
 * How a format cuts a stream of bytes into frames: pure logic over the bytes that stand before a frame (its lead), so that
 * not one byte of the frame itself is read into a buffer when it could have gone to the slot.
 */
export interface FrameFormat {
  /** Layout of the frame whose lead was completed last, or, before the first frame, of what is known. */
  readonly layout: FrameLayout;
  /** True when the lead is the frame's first bytes (raw: one has to be read to know that a frame comes). */
  readonly isLeadPayload: boolean;
  /** Bytes per element to be reversed after reading; 1 when the input is little-endian. */
  readonly swapBytes: number;
  /** An input starts at its first byte. */
  beginInput(name: string): void;
  /**
   * `lead[0, length)` was read. Returns how many bytes have to be there before more can be said; `length` itself when the
   * lead is complete and the frame's values follow; NO_FRAME when it is complete and no values follow. Never returns more
   * than MAX_LEAD_BYTES. @param offset where the lead begins in its input @throws SourceError
   */
  leadWanted(lead: Uint8Array, length: number, offset: number): number;
  /** The input ended after `length` bytes of a lead. Returns when that is an orderly end. @throws SourceError */
  endInput(lead: Uint8Array, length: number): void;
}

/** What `leadWanted` returns for a lead that stands by itself. */
export const NO_FRAME = -1;

/** Room for the longest lead. */
export const MAX_LEAD_BYTES = 65_536 + 64;

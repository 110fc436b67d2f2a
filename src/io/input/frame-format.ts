import type { FrameLayout } from "../types.ts";

/**
 * How a format splits a stream of bytes into frames: pure logic over the bytes before a frame (its lead), so that no byte of the frame
 * itself is read into a buffer if it could go directly to the slot.
 */
export interface FrameFormat {
  /** Layout of the frame whose lead was completed last; before the first frame, of the known layout. */
  readonly layout: FrameLayout;
  /** True if the lead is the frame's first bytes (raw: one must be read to know that a frame follows). */
  readonly isLeadPayload: boolean;
  /** Bytes per element to be reversed after reading; 1 if the input is little-endian. */
  readonly swapBytes: number;
  /** A new input starts at its first byte. */
  beginInput(name: string): void;
  /**
   * `lead[0, length)` was read. Returns how many bytes must be present to continue; `length` itself when the
   * lead is complete and the frame's values follow; NO_FRAME when it is complete and no values follow. Never returns more
   * than MAX_LEAD_BYTES. @param offset where the lead begins in its input @throws SourceError
   */
  leadWanted(lead: Uint8Array, length: number, offset: number): number;
  /** The input ended after `length` bytes of a lead. Returns if that is an orderly end. @throws SourceError */
  endInput(lead: Uint8Array, length: number): void;
}

/** Returned by `leadWanted` for a lead without a frame. */
export const NO_FRAME = -1;

/** Size of the longest lead. */
export const MAX_LEAD_BYTES = 65_536 + 64;

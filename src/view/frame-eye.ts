import type { FrameForm } from "./plane.ts";

/** A frame as converted for pages. */
export interface SeenFrame extends FrameForm {
  readonly seq: number;
  /** Live: nanoseconds from the frame's timestamp until now. In a recording: from its beginning until the frame was recorded. */
  readonly ageNs: number;
  readonly timestampNs: bigint;
  readonly bytes: Uint8Array;
}

/** The source of one stream's frames: shared memory or a recording. */
export interface FrameEye {
  /** Number of views that use it. */
  users: number;
  /** The epoch of the frame to be shown; null if there is none. */
  readonly epoch: bigint | null;
  /** Seq of the frame to be shown now; `NO_SEQ` if there is none. */
  newestSeq(): number;
  /** Reads a frame. True if it was intact until `read` returned. */
  read(seq: number, read: (frame: SeenFrame) => void): boolean;
}

/** No frame was found. */
export const NO_SEQ = -1;

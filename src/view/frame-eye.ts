import type { FrameForm } from "./plane.ts";

/** A frame as it is converted for pages. */
export interface SeenFrame extends FrameForm {
  readonly seq: number;
  /** Live: nanoseconds from the frame's timestamp until now. Of a recording: from its beginning until the frame was recorded. */
  readonly ageNs: number;
  readonly timestampNs: bigint;
  readonly bytes: Uint8Array;
}

/** Where the frames of one stream are seen: in shared memory, or in a recording. */
export interface FrameEye {
  /** Views that look through it. */
  users: number;
  /** The epoch of the frame that is to be shown; null without one. */
  readonly epoch: bigint | null;
  /** Which frame is to be shown now; `NO_SEQ` when there is none. */
  newestSeq(): number;
  /** Has a frame read. True when it was intact until `read` had returned. */
  read(seq: number, read: (frame: SeenFrame) => void): boolean;
}

/** No frame was found. */
export const NO_SEQ = -1;

import type { ConsumerCounterName, RoleCounters } from "./handles.ts";
import type { AttachOptions } from "./role-options.ts";

/** What a recorder does. */
export type RecorderState =
  /** Frames go to the file. */
  | "writing"
  /** A flight recorder keeps frames in memory, and waits for a trigger. */
  | "waiting"
  /** There is no room, or less than `minFree`: nothing is written until there is. */
  | "full"
  /** The disk failed: the recording is over, `failure` says why. */
  | "failed"
  | "closed";

/** One stream that is recorded. */
export interface RecorderStream {
  readonly streamId: number;
  /** Name of its data source; what it was asked for by while that is not known. */
  readonly name: string;
  /** Those of the consumer that reads it: `recorded`, `recordedBytes`, and frames that are missing by cause. */
  readonly counters: RoleCounters<ConsumerCounterName>;
}

/** Records streams to MCAP files: every frame is in a file, or counted under one cause. Made by `TensorPool.addRecorder`. */
export interface Recorder extends AsyncDisposable {
  readonly state: RecorderState;
  /** Why nothing can be recorded any more; null while that is not so. */
  readonly failure: Error | null;
  readonly streams: readonly RecorderStream[];
  /** The file that is written now; null while there is none. */
  readonly path: string | null;
  /** Files that were begun. */
  readonly files: number;
  /** Bytes of all files, without their indexes. */
  readonly writtenBytes: number;
  /** Bytes of frames that wait in memory for the disk, or for a trigger. */
  readonly bufferedBytes: number;
  /** How much time the frames span that a flight recorder keeps, in milliseconds; 0 for others. */
  readonly heldMs: number;
  /** Frames that are missing, of all streams by cause. Allocates. */
  readonly missing: Readonly<Record<string, number>>;
  /** Resolves when `count` is reached, or with `once` when all streams have ended. The recorder stays, unless it is closed. */
  readonly ended: Promise<void>;
  /**
   * A flight recorder writes what it keeps, and what follows for `afterMs`; while it is writing, that lasts longer. `reason` is in the
   * file. @throws RecorderError of a recorder that records everything, or is closed
   */
  trigger(reason?: string): { readonly isExtended: boolean };
  /** Writes what waits, completes the files, and takes the recorder out of its pool. Idempotent. */
  close(): Promise<void>;
}

export interface AddRecorderOptions extends Omit<AttachOptions, "stream" | "clientId"> {
  /** Ids, or names that a driver or the data source has for them. */
  readonly streams: readonly (number | string)[];
  /** The file, which must not exist and ends in .mcap; with `flight` a folder. */
  readonly to: string;
  /** True: no driver is asked; the regions are those that standalone producers announce. */
  readonly standalone?: boolean;
  /** Keeps the last seconds in memory, and writes them when it is triggered. Left out: everything is recorded. */
  readonly flight?: {
    readonly beforeMs: number;
    /** 5,000 when left out. */
    readonly afterMs?: number;
    /** Frames that are lost before they could be recorded are a trigger. */
    readonly onLoss?: boolean;
  };
  /** Frames of each stream; no limit when left out. */
  readonly count?: number;
  /** `ended` resolves when all streams have ended. */
  readonly once?: boolean;
  /** Begin another file after so many bytes. */
  readonly splitBytes?: number;
  /** Begin another file after so much time. */
  readonly splitMs?: number;
  /** Remove the oldest files when all have more than this. */
  readonly keepBytes?: number;
  /** What stays free on the disk: bytes, or a fraction of it; 5 %. */
  readonly minFree?: { readonly bytes: number } | { readonly fraction: number };
  /** Memory for frames that wait; 512 MiB. */
  readonly bufferBytes?: number;
  /** What the recording may have in the page cache; 1 GiB. */
  readonly pageCacheBytes?: number;
  /** Compress chunks with zstd, 1 to 22; not compressed when left out. */
  readonly zstdLevel?: number;
}

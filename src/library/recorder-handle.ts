import type { ConsumerCounterName, RoleCounters } from "./handles.ts";
import type { AttachOptions } from "./role-options.ts";

/** State of a recorder. */
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
  /** Name of its data source; until that is known, the requested name. */
  readonly name: string;
  /** Counters of the consumer that reads it: `recorded`, `recordedBytes`, and frames that are missing by cause. */
  readonly counters: RoleCounters<ConsumerCounterName>;
}

/** Records streams to MCAP files: every frame is in a file, or counted under one cause. Made by `TensorPool.addRecorder`. */
export interface Recorder extends AsyncDisposable {
  readonly state: RecorderState;
  /** Why the recorder has failed; null otherwise. */
  readonly failure: Error | null;
  readonly streams: readonly RecorderStream[];
  /** The file that is being written; null if there is none. */
  readonly path: string | null;
  /** Number of files begun. */
  readonly files: number;
  /** Bytes of all files, without their indexes. */
  readonly writtenBytes: number;
  /** Bytes of frames that wait in memory for the disk, or for a trigger. */
  readonly bufferedBytes: number;
  /** Time span of the frames that a flight recorder keeps, in milliseconds; 0 for other recorders. */
  readonly heldMs: number;
  /** Missing frames of all streams, by cause. Allocates. */
  readonly missing: Readonly<Record<string, number>>;
  /** Resolves when `count` is reached, or with `once` when all streams have ended. Does not close the recorder. */
  readonly ended: Promise<void>;
  /**
   * Makes a flight recorder write the frames that it keeps, and those of the next `afterMs`; a trigger during that time extends it. The
   * file contains the `reason`. @throws RecorderError if the recorder records everything, or is closed
   */
  trigger(reason?: string): { readonly isExtended: boolean };
  /** Writes the waiting frames, completes the files, and removes the recorder from its pool. Idempotent. */
  close(): Promise<void>;
}

export interface AddRecorderOptions extends Omit<AttachOptions, "stream" | "clientId"> {
  /** Ids, or names of the driver or the data source. */
  readonly streams: readonly (number | string)[];
  /** The file, which must not exist and ends in .mcap; with `flight` a folder. */
  readonly to: string;
  /** True: without a driver, on the regions that standalone producers announce. */
  readonly standalone?: boolean;
  /** Keeps the last seconds in memory, and writes them when it is triggered. Left out: everything is recorded. */
  readonly flight?: {
    readonly beforeMs: number;
    /** 5,000 when left out. */
    readonly afterMs?: number;
    /** True: frames lost before they are recorded cause a trigger. */
    readonly onLoss?: boolean;
  };
  /** Frames of each stream; no limit when left out. */
  readonly count?: number;
  /** `ended` resolves when all streams have ended. */
  readonly once?: boolean;
  /** Begin another file after this many bytes. */
  readonly splitBytes?: number;
  /** Begin another file after this time. */
  readonly splitMs?: number;
  /** Remove the oldest files when all together exceed this. */
  readonly keepBytes?: number;
  /** Free space to keep on the disk: bytes, or a fraction; 5 %. */
  readonly minFree?: { readonly bytes: number } | { readonly fraction: number };
  /** Memory for frames that wait; 512 MiB. */
  readonly bufferBytes?: number;
  /** Most page cache that the recording uses; 1 GiB. */
  readonly pageCacheBytes?: number;
  /** Compress chunks with zstd, 1 to 22; not compressed when left out. */
  readonly zstdLevel?: number;
}

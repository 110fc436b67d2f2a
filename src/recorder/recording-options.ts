/** Free space that is never used: a number of bytes, or a part of the file system. */
export type MinFree = { readonly bytes: number } | { readonly fraction: number };

/** What a flight recorder writes when it is triggered. */
export interface FlightOptions {
  /** Time before the trigger, as far as the buffer holds it. */
  readonly beforeNs: number;
  /** Time after the last trigger. */
  readonly afterNs: number;
  /** Frames that are lost before they are recorded are a trigger. */
  readonly onLoss?: boolean;
}

export interface RecordingOptions {
  /** The file; with `splitBytes` or `splitNs` the parts are named after it. */
  readonly path: string;
  readonly splitBytes?: number;
  readonly splitNs?: number;
  /** Parts of more than this in all: the oldest go. */
  readonly keepBytes?: number;
  readonly minFree: MinFree;
  /** Memory for frames that the disk does not take at once. */
  readonly bufferBytes: number;
  /** What the recording may have in the page cache. */
  readonly pageCacheBytes: number;
  /** A file is written when something happens, and `path` is what those are named after; left out: everything is recorded. */
  readonly flight?: FlightOptions;
  /** Level of zstd; not compressed when left out. */
  readonly zstdLevel?: number;
}

export const RECORDING_DEFAULTS = {
  minFree: { fraction: 0.05 },
  bufferBytes: 512 * 1024 * 1024,
  pageCacheBytes: 1024 * 1024 * 1024,
} as const;

/** Where a recording is, as far as the disk is concerned. */
export type DiskState =
  | "opening"
  | "writing"
  /** There is no room, or less than is to stay free: nothing is written until there is. */
  | "full"
  /** It cannot be continued. */
  | "failed"
  | "closed";

/** Free space that is never used: a number of bytes, or a fraction of the file system. */
export type MinFree = { readonly bytes: number } | { readonly fraction: number };

/** What a flight recorder writes after a trigger. */
export interface FlightOptions {
  /** Time before the trigger, limited by the buffer. */
  readonly beforeNs: number;
  /** Time after the last trigger. */
  readonly afterNs: number;
  /** Frames lost before they are recorded cause a trigger. */
  readonly onLoss?: boolean;
}

export interface RecordingOptions {
  /** The file; with `splitBytes` or `splitNs`, the base name of its parts. */
  readonly path: string;
  readonly splitBytes?: number;
  readonly splitNs?: number;
  /** Limit for the total size of all parts: the oldest are removed. */
  readonly keepBytes?: number;
  readonly minFree: MinFree;
  /** Memory for frames that the disk cannot take immediately. */
  readonly bufferBytes: number;
  /** Limit for the recording's page cache. */
  readonly pageCacheBytes: number;
  /** Files are written on a trigger, and `path` is their base name; omitted: everything is recorded. */
  readonly flight?: FlightOptions;
  /** Level of zstd; no compression if omitted. */
  readonly zstdLevel?: number;
}

export const RECORDING_DEFAULTS = {
  minFree: { fraction: 0.05 },
  bufferBytes: 512 * 1024 * 1024,
  pageCacheBytes: 1024 * 1024 * 1024,
} as const;

/** State of a recording with regard to the disk. */
export type DiskState =
  | "opening"
  | "writing"
  /** There is no space, or less than must stay free: nothing is written until there is. */
  | "full"
  /** It cannot be continued. */
  | "failed"
  | "closed";

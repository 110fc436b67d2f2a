import type { Attribute } from "../protocol/attribute.ts";
import type { Fallback } from "../protocol/fallback-uri.ts";
import type { ConsumerMode, ModeFilter } from "../protocol/mode-filter.ts";
import type { AeronStreams } from "../protocol/stream-ids.ts";
import type { AllowedBaseDirs } from "../shm/index.ts";
import type { DriverClientOptions } from "./attachment-options.ts";
import type { ProgressRequest } from "./consumer-messages.ts";
import type { WaitForWord } from "./next-frame.ts";
import type { ProgressHandler } from "./progress-reader.ts";

export interface ConsumerOptions {
  readonly streamId: number;
  /** Drawn at random if omitted; drawn again if another consumer uses the same id (W-38). */
  readonly consumerId?: number;
  readonly mode: ConsumerMode;
  /** With mode "decimated": every Nth frame. */
  readonly decimation?: number;
  /** Highest rate at which frames are read, in frames per second; 0: no limit. */
  readonly maxRateHz?: number;
  /** Replaces mode, decimation and rate with another consumer's, including later changes. */
  readonly filter?: ModeFilter;
  readonly streams: AeronStreams;
  /** Regions outside of these are refused (W-26). */
  readonly baseDirs: AllowedBaseDirs;
  /** A reader further behind than this skips to the newest frame (W-20); 0: never. */
  readonly maxOutstandingSeqGap?: number;
  /** `aeron:...` or `bridge://id`: the source of payloads if shared memory cannot be used (W-39). */
  readonly fallback?: Fallback;
  /** False: shared memory is not used until a ConsumerConfig enables it. */
  readonly usesShm?: boolean;
  /** Shows rows before their frame is complete (W-43). */
  readonly progress?: ProgressRequest & { readonly handler: ProgressHandler };
  /** Set in a driver deployment: the stream is read with a lease requested with these options. */
  readonly driver?: DriverClientOptions;
  /** Called when the stream's attributes change. */
  readonly onAttributes?: (attributes: readonly Attribute[], metaVersion: number) => void;
  /** How to wait for the next frame; a kernel wait if omitted. */
  readonly waitForWord?: WaitForWord;
}

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
  /** Drawn at random when left out; another is drawn when another consumer uses it too (W-38). */
  readonly consumerId?: number;
  readonly mode: ConsumerMode;
  /** With mode "decimated": every Nth frame. */
  readonly decimation?: number;
  /** Frames per second that are read at most; 0: no limit. */
  readonly maxRateHz?: number;
  /** In place of mode, decimation and rate: those of another consumer, also when they change. */
  readonly filter?: ModeFilter;
  readonly streams: AeronStreams;
  /** Regions outside of these are refused (W-26). */
  readonly baseDirs: AllowedBaseDirs;
  /** Further behind than this, the reader skips to the newest frame (W-20); 0: never. */
  readonly maxOutstandingSeqGap?: number;
  /** `aeron:...` or `bridge://id`: where payloads come from when shared memory cannot be used (W-39). */
  readonly fallback?: Fallback;
  /** False: shared memory is not to be used until a ConsumerConfig says so. */
  readonly usesShm?: boolean;
  /** Shows rows before their frame is complete (W-43). */
  readonly progress?: ProgressRequest & { readonly handler: ProgressHandler };
  /** Set in a driver deployment: the stream is read with a lease that this asks for. */
  readonly driver?: DriverClientOptions;
  /** Told when the stream's attributes change. */
  readonly onAttributes?: (attributes: readonly Attribute[], metaVersion: number) => void;
  /** How the next frame is waited for; by the kernel when left out. */
  readonly waitForWord?: WaitForWord;
}

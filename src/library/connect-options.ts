import { defaultAeronDir, explainLongPath } from "../aeron/aeron-dir.ts";
import { OptionError } from "../core/errors.ts";
import { absolutePath } from "../core/exact-text.ts";
import type { IdleChoice } from "../core/idle/index.ts";
import type { AeronStreams } from "../protocol/stream-ids.ts";
import { defaultShmDir } from "../shm/index.ts";

/** How the pool's duty cycle is driven, see `TensorPool.connect`. */
export type Drive = "busy" | "timer" | "manual";

export interface ConnectOptions {
  /** Folder of the media driver; AERON_DIR or Aeron's default when left out. */
  readonly aeronDir?: string;
  /** Folder of the regions; TENSORPOOL_SHM_BASE_DIR or `/dev/shm/tensorpool-<user>` when left out. Consumers refuse regions outside of it (W-26). */
  readonly shmDir?: string;
  /** "timer" when left out. */
  readonly drive?: Drive;
  /** Idle strategy of a "busy" pool; "backoff". "backoff:100us" rests for at most 100 µs. */
  readonly idle?: IdleChoice;
  /** "auto" starts a media driver as a separate process if none is alive; "embedded" runs it in this process. */
  readonly mediaDriver?: "auto" | "embedded" | "external";
  /** Aeron channel and stream ids that differ from the defaults. */
  readonly streams?: Partial<AeronStreams>;
  /** Longest wait for a media driver, in milliseconds; 10,000. */
  readonly timeoutMs?: number;
}

/** The folders of a pool, as absolute paths. @throws OptionError, UsageError */
export function foldersOf({ aeronDir, shmDir }: ConnectOptions): {
  readonly aeronDir: string;
  readonly shmDir: string;
} {
  return { aeronDir: aeronDirOf(aeronDir), shmDir: absolutePath(shmDir ?? defaultShmDir()) };
}

/** The media driver's folder as an absolute path. @throws OptionError, UsageError */
export function aeronDirOf(given: string | undefined): string {
  const aeronDir = absolutePath(given ?? defaultAeronDir());
  const fault = explainLongPath(aeronDir);
  if (fault !== null) throw new OptionError("aeronDir", fault);
  return aeronDir;
}

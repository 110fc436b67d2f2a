import { type AeronStreams, announceStreamIdOf, CADENCE_NS } from "../protocol/stream-ids.ts";
import { requireToken } from "../protocol/wire-text.ts";
import type { DriverOptions } from "../roles/driver/driver-options.ts";
import type { PoolOptions } from "../shm/index.ts";

/** The layout of a stream's regions. */
export interface StreamLayoutOptions {
  /** A power of two. */
  readonly slots: number;
  /** Slot sizes in bytes, powers of two from 4,096 on; a frame goes to the smallest that fits (W-05). */
  readonly strideBytes: number | readonly number[];
}

export interface AddDriverOptions {
  readonly streams: readonly (StreamLayoutOptions & { readonly stream: number; readonly name?: string })[];
  /** Streams that are created when a producer requests one, with ids from `first` to `last`. */
  readonly dynamic?: StreamLayoutOptions & { readonly first: number; readonly last: number };
  /** Names the driver in logs, and in the folders of its streams; "library". */
  readonly instanceId?: string;
  readonly namespace?: string;
  /** Who may map the regions; "private". */
  readonly share?: "private" | "group";
  readonly gid?: number;
  readonly requireHugepages?: boolean;
  readonly prefault?: boolean;
  /** Tools need it to revoke leases and to end the driver (D-20); without a token they cannot. */
  readonly token?: string;
}

const GRACE_INTERVALS = 3;
const KEPT_EPOCHS = 2;
const SHUTDOWN_TIMEOUT_NS = 2e9;

export function poolsOf({ strideBytes }: Pick<StreamLayoutOptions, "strideBytes">): PoolOptions[] {
  const strides = typeof strideBytes === "number" ? [strideBytes] : strideBytes;
  return strides.map((stride, index) => ({ poolId: index + 1, strideBytes: stride }));
}

/** Options of the driver, with the defaults of its command. `onEnd`: it was asked to end, or can no longer serve. */
export function driverOptionsOf(
  options: AddDriverOptions,
  streams: AeronStreams,
  baseDir: string,
  onEnd: () => void,
): DriverOptions {
  const { dynamic, gid } = options;
  requireToken(options.token ?? "");
  const { channel, controlStreamId } = streams;
  return {
    instanceId: options.instanceId ?? "library",
    channels: {
      channel,
      controlStreamId,
      announceStreamId: announceStreamIdOf(streams),
    },
    streams: options.streams.map((stream) => ({
      streamId: stream.stream,
      name: stream.name ?? `stream-${stream.stream}`,
      nslots: stream.slots,
      pools: poolsOf(stream),
    })),
    ...(dynamic === undefined
      ? {}
      : {
          dynamic: {
            ranges: [{ first: dynamic.first, last: dynamic.last }],
            nslots: dynamic.slots,
            pools: poolsOf(dynamic),
          },
        }),
    storage: {
      baseDir,
      namespace: options.namespace ?? "default",
      sharing: options.share ?? "private",
      ...(gid === undefined ? {} : { gid }),
      requireHugepages: options.requireHugepages ?? false,
      prefault: options.prefault ?? true,
      mlock: false,
    },
    retention: { isEnabled: true, keep: KEPT_EPOCHS, minAgeNs: 3 * CADENCE_NS, atStart: false },
    announcePeriodNs: CADENCE_NS,
    keepaliveIntervalNs: CADENCE_NS,
    graceIntervals: GRACE_INTERVALS,
    shutdownTimeoutNs: SHUTDOWN_TIMEOUT_NS,
    token: options.token ?? "",
    onShutdownRequested: onEnd,
    onFailed: onEnd,
  };
}

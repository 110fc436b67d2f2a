import type { StreamIdRange } from "../../protocol/attach-validation.ts";
import { MAX_DIMS } from "../../protocol/dtype.ts";
import type { StreamLayout } from "../../protocol/stream-layout.ts";
import { LAYOUT_VERSION, type PoolOptions, planFiles, type Sharing } from "../../shm/index.ts";
import { longestAnnounceBytes } from "../announce-encoding.ts";

/** A stream that the driver serves: its id, its names, and the layout of its regions. */
export interface StreamPlan {
  readonly streamId: number;
  /** Name for display, as in `[streams.NAME]`. */
  readonly name: string;
  /** Slots of the ring and of each pool, a power of two. */
  readonly nslots: number;
  readonly pools: readonly PoolOptions[];
}

/** Streams that are created on a producer's request (D-09). */
export interface DynamicStreams {
  /** Allowed stream ids. */
  readonly ranges: readonly StreamIdRange[];
  readonly nslots: number;
  readonly pools: readonly PoolOptions[];
}

/** The channels on which the driver sends and receives. */
export interface DriverChannels {
  /** One channel for everything: roles subscribe to no other. */
  readonly channel: string;
  readonly controlStreamId: number;
  readonly announceStreamId: number;
}

/** Where regions are created, and who may use them. */
export interface DriverStorage {
  /** Absolute path. */
  readonly baseDir: string;
  readonly namespace: string;
  readonly sharing: Sharing;
  /** The group that owns the files; default: the system's choice. */
  readonly gid?: number;
  readonly requireHugepages: boolean;
  /** Fault in all pages during creation. */
  readonly prefault: boolean;
  /** Lock regions in memory; a failure stops the driver. */
  readonly mlock: boolean;
  /** Allocate memory from this NUMA node only; if omitted, the system chooses. */
  readonly numaNode?: number;
}

/** How long the regions of ended epochs are kept (D-19). */
export interface RetentionPolicy {
  readonly isEnabled: boolean;
  /** Number of ended epochs that are kept. */
  readonly keep: number;
  /** Minimum age of an ended epoch before it is swept. */
  readonly minAgeNs: number;
  /** Sweep leftovers of a dead predecessor at start, whatever their age. */
  readonly atStart: boolean;
}

export interface DriverOptions {
  /** Name of the driver in logs and in the folders of its streams. */
  readonly instanceId: string;
  readonly channels: DriverChannels;
  readonly streams: readonly StreamPlan[];
  readonly dynamic?: DynamicStreams;
  readonly storage: DriverStorage;
  readonly retention: RetentionPolicy;
  readonly announcePeriodNs: number;
  readonly keepaliveIntervalNs: number;
  /** Number of missed keepalives that end a lease (D-11). */
  readonly graceIntervals: number;
  /** Longest wait for clients to unmap regions at an orderly shutdown. */
  readonly shutdownTimeoutNs: number;
  /** Required in administrative requests (D-20); empty: they are disabled. */
  readonly token: string;
  /** An administrative request asked this driver to shut down (D-20). */
  readonly onShutdownRequested: () => void;
  /** The driver can no longer serve and stays idle until it is closed; its `doWork` throws the same error once. */
  readonly onFailed?: () => void;
}

/** Upper bound of the size in bytes of an announce, and of an answer to an attach request. */
export function longestMessageBytes({ streams, dynamic, storage }: DriverOptions): number {
  const pools = [...streams, ...(dynamic === undefined ? [] : [dynamic])].map((plan) => plan.pools.length);
  return longestAnnounceBytes(storage, Math.max(0, ...pools));
}

/** The layout of a stream in the form that is compared with a client's expectation (D-09). */
export function streamLayoutOf(
  { nslots, pools }: Pick<StreamPlan, "nslots" | "pools">,
  { requireHugepages }: DriverStorage,
): StreamLayout {
  return {
    layoutVersion: LAYOUT_VERSION,
    maxDims: MAX_DIMS,
    nslots,
    pools: pools.map(({ poolId, strideBytes }) => ({ poolId, strideBytes, nslots })),
    isOnHugepages: requireHugepages,
  };
}

/** Rejects impossible layouts before anything is created. @throws RegionCreateError "invalid-options" */
export function requireLayouts({ streams, dynamic }: DriverOptions): void {
  for (const plan of streams) planFiles(plan);
  for (const { first } of dynamic?.ranges ?? [])
    planFiles({ streamId: first, nslots: dynamic?.nslots ?? 0, pools: dynamic?.pools ?? [] });
}

/** Size of one epoch of a stream in bytes, rounded up to whole 4 KiB pages. */
export function epochBytes({ nslots, pools }: Pick<StreamPlan, "nslots" | "pools">): number {
  const rounded = (bytes: number): number => Math.ceil(bytes / 4096) * 4096;
  return pools.reduce((sum, { strideBytes }) => sum + rounded(64 + nslots * strideBytes), rounded(64 + nslots * 256));
}

import type { StreamIdRange } from "../../protocol/attach-validation.ts";
import { MAX_DIMS } from "../../protocol/dtype.ts";
import type { StreamLayout } from "../../protocol/stream-layout.ts";
import { LAYOUT_VERSION, type PoolOptions, planFiles, type Sharing } from "../../shm/index.ts";
import { longestAnnounceBytes } from "../announce-encoding.ts";

/** A stream that the driver serves: its id, its names, and how its regions are laid out. */
export interface StreamPlan {
  readonly streamId: number;
  /** For people: as in `[streams.NAME]`. */
  readonly name: string;
  /** Slots of the ring and of each pool, a power of two. */
  readonly nslots: number;
  readonly pools: readonly PoolOptions[];
}

/** Streams that are made when a producer asks for one (D-09). */
export interface DynamicStreams {
  /** Stream ids that they may have. */
  readonly ranges: readonly StreamIdRange[];
  readonly nslots: number;
  readonly pools: readonly PoolOptions[];
}

/** Where the driver speaks and listens. */
export interface DriverChannels {
  /** One for everything: roles listen on no other. */
  readonly channel: string;
  readonly controlStreamId: number;
  readonly announceStreamId: number;
}

/** Where regions are made, and who may use them. */
export interface DriverStorage {
  /** Absolute. */
  readonly baseDir: string;
  readonly namespace: string;
  readonly sharing: Sharing;
  /** The group that owns the files; default: what the system chooses. */
  readonly gid?: number;
  readonly requireHugepages: boolean;
  /** Make all pages present while creating. */
  readonly prefault: boolean;
  /** Keep regions in memory; a failure ends the driver. */
  readonly mlock: boolean;
  /** Memory of this NUMA node only; left out: as the system chooses. */
  readonly numaNode?: number;
}

/** What becomes of the regions of ended epochs (D-19). */
export interface RetentionPolicy {
  readonly isEnabled: boolean;
  /** Ended epochs that are kept. */
  readonly keep: number;
  /** None is swept that ended more recently. */
  readonly minAgeNs: number;
  /** What a dead predecessor left is swept at start, whatever its age. */
  readonly atStart: boolean;
}

export interface DriverOptions {
  /** Names the driver in logs, and in the folders of its streams. */
  readonly instanceId: string;
  readonly channels: DriverChannels;
  readonly streams: readonly StreamPlan[];
  readonly dynamic?: DynamicStreams;
  readonly storage: DriverStorage;
  readonly retention: RetentionPolicy;
  readonly announcePeriodNs: number;
  readonly keepaliveIntervalNs: number;
  /** Missed keepalives that end a lease (D-11). */
  readonly graceIntervals: number;
  /** Longest wait for clients to unmap regions at an orderly end. */
  readonly shutdownTimeoutNs: number;
  /** Administrative requests need it (D-20); empty: they are off. */
  readonly token: string;
  /** An administrative request asked for the end of this driver (D-20). */
  readonly onShutdownRequested: () => void;
  /** It cannot serve any longer, and does nothing more until it is closed; its `doWork` throws the same error once. */
  readonly onFailed?: () => void;
}

/** An upper bound of the bytes of an announce, and of an answer to an attach request. */
export function longestMessageBytes({ streams, dynamic, storage }: DriverOptions): number {
  const pools = [...streams, ...(dynamic === undefined ? [] : [dynamic])].map((plan) => plan.pools.length);
  return longestAnnounceBytes(storage, Math.max(0, ...pools));
}

/** The layout of a stream, as it is compared with what a client expects (D-09). */
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

/** Refuses layouts that can never be made, before anything is. @throws RegionCreateError "invalid-options" */
export function requireLayouts({ streams, dynamic }: DriverOptions): void {
  for (const plan of streams) planFiles(plan);
  for (const { first } of dynamic?.ranges ?? [])
    planFiles({ streamId: first, nslots: dynamic?.nslots ?? 0, pools: dynamic?.pools ?? [] });
}

/** Bytes that one epoch of a stream takes, rounded up to whole pages of 4 KiB. */
export function epochBytes({ nslots, pools }: Pick<StreamPlan, "nslots" | "pools">): number {
  const rounded = (bytes: number): number => Math.ceil(bytes / 4096) * 4096;
  return pools.reduce((sum, { strideBytes }) => sum + rounded(64 + nslots * strideBytes), rounded(64 + nslots * 256));
}

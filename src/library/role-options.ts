import type { Attribute, Flow } from "../protocol/attribute.ts";
import type { ConsumerMode } from "../protocol/mode-filter.ts";
import type { DriverClientOptions } from "../roles/attachment-options.ts";
import type { StandaloneOptions } from "../roles/standalone-regions.ts";
import { poolsOf, type StreamLayoutOptions } from "./driver-setup.ts";

/** The stream, and how to attach to it. */
export interface AttachOptions {
  /** Stream id, 1 to 4294967294, or the name that a driver or the data source has for it. */
  readonly stream: number | string;
  /** Id of this client at the driver; random for each lease when left out. */
  readonly clientId?: number;
  /** Longest wait for the first lease, in milliseconds; 5,000. A lease that ends later is requested again, without a limit. */
  readonly attachTimeoutMs?: number;
}

/** Regions that a role creates itself, and who may read them. */
export interface StandaloneRegionOptions {
  readonly namespace?: string;
  /** "private" when left out. */
  readonly share?: "private" | "group";
  readonly gid?: number;
  readonly requireHugepages?: boolean;
  readonly prefault?: boolean;
}

export interface AddProducerOptions extends AttachOptions {
  /** US-ASCII; `stream-<id>` when left out. */
  readonly name?: string;
  readonly summary?: string;
  /** Without a driver: size and rights of the regions that the producer owns. Left out: a driver leases them. */
  readonly standalone?: StreamLayoutOptions & StandaloneRegionOptions;
  /** "drop" (live) when left out; "wait" lets readers hold the producer back. */
  readonly flow?: Flow;
  /** Longest wait of `flow` "wait", in milliseconds; 5,000. */
  readonly waitTimeoutMs?: number;
  readonly attributes?: readonly Attribute[];
}

export interface AddConsumerOptions extends AttachOptions {
  /** True: without a driver, on the regions that a standalone producer announces. */
  readonly standalone?: boolean;
  /** "stream" (every frame) when left out. */
  readonly mode?: ConsumerMode;
  /** Every Nth frame of mode "decimated", 1 to 65535; 2. */
  readonly decimation?: number;
  /** Most frames per second to read; others are skipped. No limit when left out. */
  readonly maxRateHz?: number;
  /** Skip to the newest frame when further behind than this (W-20). */
  readonly maxOutstandingSeqGap?: number;
  /** False: shared memory is not read, as on a host other than the producer's, until a ConsumerConfig allows it (W-39). */
  readonly usesShm?: boolean;
  /** Source of frames while shared memory cannot be used, through a bridge: `aeron:udp?endpoint=ADDRESS:PORT`, or `bridge://ID`. */
  readonly fallback?: string;
  /** Resolves `bridge://ID`: for each id, the `ADDRESS:PORT` of this host where its frames arrive. */
  readonly bridges?: Readonly<Record<string, string>>;
  /** With a bridge as fallback: IP addresses of the hosts that may send; all when left out. */
  readonly peers?: readonly string[];
}

/** The pool itself limits the wait for the first lease: the role requests it without a limit. */
export function clientOf({ clientId }: Pick<AttachOptions, "clientId">): DriverClientOptions {
  return { ...(clientId === undefined ? {} : { clientId }), attachTimeoutNs: 0 };
}

export const DEFAULT_DECIMATION = 2;
/** A u16 of ConsumerConfig (W-39). */
export const MAX_DECIMATION = 0xffff;
export const DEFAULT_WAIT_TIMEOUT_MS = 5_000;

/** Options of a role that creates its own regions; a layout that is left out follows from the source. */
export function standaloneOptionsOf(
  {
    slots,
    strideBytes,
    namespace,
    share,
    gid,
    requireHugepages,
    prefault,
  }: Partial<StreamLayoutOptions> & StandaloneRegionOptions,
  baseDir: string,
): Omit<StandaloneOptions, "nslots" | "pools"> & Partial<Pick<StandaloneOptions, "nslots" | "pools">> {
  return {
    baseDir,
    namespace: namespace ?? "default",
    ...(slots === undefined ? {} : { nslots: slots }),
    ...(strideBytes === undefined ? {} : { pools: poolsOf({ strideBytes }) }),
    mode: share ?? "private",
    ...(gid === undefined ? {} : { gid }),
    requireHugepages: requireHugepages ?? false,
    prefault: prefault ?? true,
  };
}

import type { Flow } from "../protocol/attribute.ts";
import type { StreamLayoutOptions } from "./driver-setup.ts";
import type { AttachOptions, StandaloneRegionOptions } from "./role-options.ts";

/** How a decimator, or the receiver of a bridge, publishes the frames of another stream. */
interface CarryOptions {
  /** Without a driver: creates the regions, by default with the layout of the source. Left out: a driver leases them. */
  readonly standalone?: Partial<StreamLayoutOptions> & StandaloneRegionOptions;
  /** "drop" or "wait"; the source's when left out. */
  readonly flow?: Flow;
  /** Longest wait of `flow` "wait", in milliseconds; 5,000. */
  readonly waitTimeoutMs?: number;
  /** US-ASCII; `stream-<id>` when left out. */
  readonly name?: string;
  readonly summary?: string;
}

export interface AddBridgeSenderOptions extends AttachOptions {
  /** True: without a driver, on the regions that a standalone producer announces. */
  readonly standalone?: boolean;
  /** The receiver: `HOST:PORT`, `[IPv6]:PORT`, or a channel of Aeron (`aeron:udp?..`). */
  readonly to: string;
  /** "latest" (when left out): a frame without room is dropped as a whole. "lossless": it waits as long as the ring holds it. */
  readonly mode?: "latest" | "lossless";
  /** Only frames whose seq is a multiple of it, 1 to 65535; 1. */
  readonly decimation?: number;
  /** Most frames per second to send; others are skipped. No limit when left out. */
  readonly maxRateHz?: number;
  /** True: each frame ends with a checksum of its values, which the receiver compares. */
  readonly checksum?: boolean;
}

export interface AddBridgeReceiverOptions extends CarryOptions {
  /** Address and port of this host where frames arrive: `ADDRESS:PORT`, `[IPv6]:PORT`, or a channel of Aeron (`aeron:udp?..`). */
  readonly from: string;
  /** Streams of senders to receive, and the streams that carry their frames; when left out, all under their own ids. */
  readonly routes?: readonly {
    /** The sender's stream. */
    readonly stream: number;
    /** The stream of this host. */
    readonly to: number;
  }[];
  /** IP addresses of hosts that may send; all when left out. */
  readonly peers?: readonly string[];
  /** Most bytes of a stream's regions that follow the sender's layout; 1 GiB. */
  readonly maxMemoryBytes?: number;
}

/** One of `every`, `rateHz` and `latest`. */
export interface AddDecimatorOptions extends AttachOptions, CarryOptions {
  /** Id of the stream that the frames are published on. */
  readonly to: number;
  /** Carry the frames whose seq is a multiple of it, 1 to 65535. */
  readonly every?: number;
  /** Carry at most this many frames per second. */
  readonly rateHz?: number;
  /** True: carry the newest frame at each look, and skip the others. */
  readonly latest?: boolean;
}

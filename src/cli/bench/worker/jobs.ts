import type { IdleChoice } from "../../../core/idle/index.ts";
import type { Flow } from "../../../protocol/attribute.ts";
import type { Quantiles } from "../histogram.ts";
import type { Deployment } from "../options.ts";

/** The folders of a job's Aeron files and regions, and its idle strategy. */
export interface RoleJob {
  readonly aeronDir: string;
  readonly shmDir: string;
  /** Runs the media driver in its own duty cycle. */
  readonly embedded: boolean;
  /** The owner of the regions; the producer if omitted. */
  readonly deployment?: Deployment;
  readonly idle: IdleChoice;
  readonly streamId: number;
  /** Prints a row of counters every 100 ms. */
  readonly rows?: boolean;
}

export interface ProducerJob extends RoleJob {
  readonly payloadBytes: number;
  /** Rows and columns of frames that are uint16 pictures; if omitted, frames are one row of bytes. */
  readonly side?: number;
  readonly slots: number;
  /** "copy": each frame is copied in from private memory. "in-place": one byte of it is written. */
  readonly fill: "copy" | "in-place";
  readonly flow: Flow;
  /** Null: no limit other than `seconds`. */
  readonly frames: number | null;
  readonly seconds: number | null;
  /** Null: as fast as possible. */
  readonly rateHz: number | null;
  /** A first phase at its own rate; `seconds` and CPU time are counted from its end. */
  readonly warmUp?: WarmUp;
  /** Consumers that must have mapped before the first frame. */
  readonly consumers: number;
  /** Allocates an object per frame on purpose. */
  readonly leak?: boolean;
  readonly marks?: AllocationMarksJob;
}

/** The busy start of a stream. */
export interface WarmUp {
  readonly frames: number;
  readonly rateHz: number;
}

export interface ConsumerJob extends RoleJob {
  /** "all": every byte is copied out. "nothing": the payload is not read. */
  readonly reads: "nothing" | "all";
  readonly payloadBytes: number;
  /** Blocks the thread this long with each frame. */
  readonly delayNs?: number;
  /** Ages are recorded from this frame on. */
  readonly agesFromSeq?: number;
  /** CPU time is counted from this frame on; from the first if omitted. */
  readonly cpuFromSeq?: number;
  readonly leak?: boolean;
  readonly marks?: AllocationMarksJob;
}

export interface AllocationMarksJob {
  readonly warmUpFrames: number;
  readonly frames: number;
}

/** The final report of one side of a stream. */
export interface RoleReport {
  readonly counters: Readonly<Record<string, number>>;
  /** Excludes the first third. */
  readonly framesPerSecond: number;
  /** CPU time of the whole process since the first frame, or since the end of the warm-up. */
  readonly cpuSeconds: number;
  /** `cpuSeconds` divided by the elapsed time. */
  readonly cpuShare: number;
  /** Growth of the heap per frame after the warm-up: the allocations, if collection is disabled. */
  readonly heapBytesPerFrame: number;
  /** Ages of frames at their validation. */
  readonly age: Quantiles | null;
  readonly longestSilenceNs: number;
}

/** Both sides of a bare exchange of Aeron messages. */
export interface ExchangeJob {
  readonly side: "publisher" | "subscriber";
  readonly aeronDir: string;
  readonly idle: IdleChoice;
  readonly rateHz: number;
  readonly seconds: number;
}

export interface PingJob {
  readonly side: "ping" | "pong";
  readonly aeronDir: string;
  readonly shmDir: string;
  readonly idle: IdleChoice;
  readonly payloadBytes: number;
  readonly seconds: number;
}

export interface CopyJob {
  readonly direction: "in" | "out";
  readonly blockBytes: number;
  readonly blocks: number;
  readonly seconds: number;
}

export interface SpinJob {
  readonly seconds: number;
}

/** The interruptions of an empty loop. */
export interface SpinReport {
  readonly longestNs: number;
  /** Share of the time that was lost in interruptions of more than 20 us. */
  readonly lostShare: number;
}

/** One way to handle frames, in one process and on one thread. */
export interface CostWay {
  readonly name: string;
  readonly payloadBytes: number;
  readonly slots: number;
  readonly consumers: number;
  readonly streams: number;
  /** Frames of each stream in one batch; 16 if omitted. */
  readonly framesPerStream?: number;
  readonly pools: number;
  readonly fill: "nothing" | "one-byte" | "copy" | "memcpy-alone";
  /** "producer": claim to descriptor. "all": the consumers and the control plane too. */
  readonly times: "producer" | "all";
}

export interface CostJob {
  readonly aeronDir: string;
  readonly shmDir: string;
  readonly batches: number;
  readonly ways: readonly CostWay[];
  /** How the batches are combined; their median if omitted. */
  readonly takes?: "median" | "fastest-quarter";
}

/** Nanoseconds per frame of each way, by name. */
export type CostReport = Readonly<Record<string, number>>;

export interface SocketJob {
  readonly side: "send" | "receive";
  readonly path: string;
  readonly payloadBytes: number;
  readonly seconds: number;
}

/** One side of a plain Aeron stream over UDP, with the message sizes and buffers of a bridge. */
export interface LinkJob {
  readonly side: "publisher" | "subscriber";
  readonly aeronDir: string;
  readonly idle: IdleChoice;
  /** Host and port. */
  readonly endpoint: string;
  /** Size of a frame; one that exceeds the maximum message length is sent as several messages. */
  readonly frameBytes: number;
  /** Number of frame buffers that are sent in turn. */
  readonly slots: number;
  readonly seconds: number;
  /** Null: as fast as the window allows. */
  readonly rateHz: number | null;
}

/** The report of a link's subscriber. */
export interface LinkReport {
  readonly framesPerSecond: number;
  /** From before the offer until the whole frame was received, excluding the first quarter of the time; null without a rate. */
  readonly age: Quantiles | null;
}

/** A bridge in one process, to measure its allocations. */
export interface BridgeJob {
  readonly aeronDir: string;
  readonly shmDir: string;
  /** Endpoints or channels of its two sides. */
  readonly to: string;
  readonly from: string;
  readonly payloadBytes: number;
  readonly marks: AllocationMarksJob;
  /** Allocates an object per frame on purpose. */
  readonly leak: boolean;
}

/** One side of a datagram exchange without Aeron. */
export interface DatagramJob {
  readonly side: "send" | "receive";
  readonly port: number;
  readonly datagramBytes: number;
  readonly seconds: number;
}

/** The report of one side of `DatagramJob`. */
export interface DatagramReport {
  readonly datagrams: number;
  readonly bytesPerSecond: number;
}

/** A page without a browser. */
export interface TabJob {
  /** URL of the viewer's WebSocket. */
  readonly url: string;
  readonly stream: number;
}

export interface TabReport {
  /** Time from the start of the connection attempt. */
  readonly firstPictureMs: number;
  readonly pictures: number;
  readonly bytes: number;
}

/** The job of one bench process. */
export type Job =
  | ({ readonly kind: "producer" } & ProducerJob)
  | ({ readonly kind: "consumer" } & ConsumerJob)
  | ({ readonly kind: "exchange" } & ExchangeJob)
  | ({ readonly kind: "ping" } & PingJob)
  | ({ readonly kind: "copy" } & CopyJob)
  | ({ readonly kind: "spin" } & SpinJob)
  | ({ readonly kind: "cost" } & CostJob)
  | ({ readonly kind: "tab" } & TabJob)
  | ({ readonly kind: "socket" } & SocketJob)
  | ({ readonly kind: "link" } & LinkJob)
  | ({ readonly kind: "datagrams" } & DatagramJob)
  | ({ readonly kind: "carry" } & BridgeJob);

import type { IdleChoice } from "../../../core/idle/index.ts";
import type { Flow } from "../../../protocol/attribute.ts";
import type { Quantiles } from "../histogram.ts";
import type { Deployment } from "../options.ts";

/** Where a job's Aeron folder and regions are, and how it waits. */
export interface RoleJob {
  readonly aeronDir: string;
  readonly shmDir: string;
  /** Runs the media driver in its own duty cycle. */
  readonly embedded: boolean;
  /** Whose the regions are; the producer's when left out. */
  readonly deployment?: Deployment;
  readonly idle: IdleChoice;
  readonly streamId: number;
  /** Prints a row of counters every 100 ms. */
  readonly rows?: boolean;
}

export interface ProducerJob extends RoleJob {
  readonly payloadBytes: number;
  /** Frames are pictures of uint16 with so many rows and columns; left out: bytes in a row. */
  readonly side?: number;
  readonly slots: number;
  /** "copy": each frame is copied in from private memory. "in-place": one byte of it is written. */
  readonly fill: "copy" | "in-place";
  readonly flow: Flow;
  /** Null: until `seconds` are over. */
  readonly frames: number | null;
  readonly seconds: number | null;
  /** Null: as fast as possible. */
  readonly rateHz: number | null;
  /** What comes first, and at another rate; `seconds` and CPU time count from its end on. */
  readonly warmUp?: WarmUp;
  /** Consumers that must have mapped before the first frame. */
  readonly consumers: number;
  /** Makes an object per frame on purpose. */
  readonly leak?: boolean;
  readonly marks?: AllocationMarksJob;
}

/** A stream that is busy at first. */
export interface WarmUp {
  readonly frames: number;
  readonly rateHz: number;
}

export interface ConsumerJob extends RoleJob {
  /** "all": every byte is copied out. "nothing": the payload is left alone. */
  readonly reads: "nothing" | "all";
  readonly payloadBytes: number;
  /** Holds the thread this long with each frame. */
  readonly delayNs?: number;
  /** Frames from this one on are asked for their age. */
  readonly agesFromSeq?: number;
  /** CPU time counts from this frame on; from the first when left out. */
  readonly cpuFromSeq?: number;
  readonly leak?: boolean;
  readonly marks?: AllocationMarksJob;
}

export interface AllocationMarksJob {
  readonly warmUpFrames: number;
  readonly frames: number;
}

/** What one side of a stream says at its end. */
export interface RoleReport {
  readonly counters: Readonly<Record<string, number>>;
  /** Without the first third. */
  readonly framesPerSecond: number;
  /** Of the whole process, from the first frame on, or the end of the warm-up. */
  readonly cpuSeconds: number;
  /** `cpuSeconds` by the time that went by meanwhile. */
  readonly cpuShare: number;
  /** Growth of the heap per frame after the first third: what was allocated, where nothing is collected. */
  readonly heapBytesPerFrame: number;
  /** Of frames' ages when they had been validated. */
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

/** What an empty loop met. */
export interface SpinReport {
  readonly longestNs: number;
  /** Share of the time that was lost in pieces of more than 20 us. */
  readonly lostShare: number;
}

/** One way to handle frames, all of it in one process and on one thread. */
export interface CostWay {
  readonly name: string;
  readonly payloadBytes: number;
  readonly slots: number;
  readonly consumers: number;
  readonly streams: number;
  /** Frames of each stream in one batch; 16 when left out. */
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
  /** Of the batches; their median when left out. */
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

/** One side of a plain Aeron stream over UDP, cut and buffered as a bridge's. */
export interface LinkJob {
  readonly side: "publisher" | "subscriber";
  readonly aeronDir: string;
  readonly idle: IdleChoice;
  /** Host and port. */
  readonly endpoint: string;
  /** Of a frame; one that is longer than a message may be is several. */
  readonly frameBytes: number;
  /** Frames that are sent in turns. */
  readonly slots: number;
  readonly seconds: number;
  /** Null: as fast as the window allows. */
  readonly rateHz: number | null;
}

/** What a subscriber of a link has received. */
export interface LinkReport {
  readonly framesPerSecond: number;
  /** From before the offer until all of a frame was read, without the first quarter of the time; null without a rate. */
  readonly age: Quantiles | null;
}

/** A bridge in one process, for what it allocates. */
export interface BridgeJob {
  readonly aeronDir: string;
  readonly shmDir: string;
  /** Endpoints or channels of its two sides. */
  readonly to: string;
  readonly from: string;
  readonly payloadBytes: number;
  readonly marks: AllocationMarksJob;
  /** Makes an object per frame on purpose. */
  readonly leak: boolean;
}

/** One side of datagrams that only the kernel carries. */
export interface DatagramJob {
  readonly side: "send" | "receive";
  readonly port: number;
  readonly datagramBytes: number;
  readonly seconds: number;
}

/** What one side of `DatagramJob` has sent or received. */
export interface DatagramReport {
  readonly datagrams: number;
  readonly bytesPerSecond: number;
}

/** A page without a browser. */
export interface TabJob {
  /** Of the viewer's WebSocket. */
  readonly url: string;
  readonly stream: number;
}

export interface TabReport {
  /** From the beginning of its connecting. */
  readonly firstPictureMs: number;
  readonly pictures: number;
  readonly bytes: number;
}

/** What one process of a bench is to do. */
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

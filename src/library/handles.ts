import type { Attribute, Flow } from "../protocol/attribute.ts";
import type { Dtype, MajorOrder } from "../protocol/dtype.ts";
import type { FrameShape } from "../protocol/frame-layout.ts";
import type { ConsumerMode } from "../protocol/mode-filter.ts";
import type { SlotPlace } from "../protocol/slot-place.ts";
import type { Values, ValuesByDtype } from "../protocol/values.ts";
import type { ConsumerCounters, LossCause, ProducerCounters } from "../roles/counters.ts";
import type { DriverCounters } from "../roles/driver/driver-counters.ts";
import type { AttachError } from "../roles/errors.ts";
import type { ConsumerConfig } from "../roles/producer-messages.ts";
import type { ClaimRefusal, OfferResult } from "../roles/producer-options.ts";
import type { CollectorOptions } from "./frame-collector.ts";
import type { OwnedFrame } from "./owned-frame.ts";

// What users of the library hold. The classes behind these interfaces have more members, for the pool and for each other.

/** Counters of one role. They only grow, but for those that show a state. */
export interface RoleCounters<Name extends string> {
  /** Each counter by its name; reading `counters.of.accepted.value` allocates nothing. */
  readonly of: Readonly<Record<Name, { readonly value: number; readonly help: string }>>;
  /** All values by name. Allocates. */
  snapshot(): Record<Name, number>;
}

export type ProducerCounterName = keyof ProducerCounters["of"];
export type ConsumerCounterName = keyof ConsumerCounters["of"];
export type DriverCounterName = keyof DriverCounters["of"];

/**
 * A claimed slot, which its holder fills in place and then commits or aborts; left uncommitted at the end of a `using` block, it is
 * aborted. One object stands for each slot of the ring, so that claiming allocates nothing: do not keep it after `commit` or `abort`.
 */
export interface Slot extends Disposable {
  /** Frame number within the epoch. */
  readonly seq: number;
  /** Slot of the header ring and of the pool. */
  readonly index: number;
  /** Bytes that were asked for. */
  readonly byteLength: number;
  /** The slot's memory: exactly the bytes asked for. @throws ProducerError once committed, aborted or unmapped */
  readonly bytes: Uint8Array;
  /** Address of the slot's memory in this process, for devices and native code. @throws ProducerError as `bytes` */
  readonly address: number;
  /** Where the slot lies in files. @throws ProducerError as `bytes` */
  readonly place: SlotPlace;
  /** The same memory as elements of a dtype, e.g. `slot.values("uint16")`. @throws ProducerError as `bytes` */
  values<D extends Dtype>(dtype: D): ValuesByDtype[D];
  /**
   * Tells readers that ask for it how far the frame is: the shape first, before the payload is written (W-43), then
   * `reportProgress`. The frame must be committed with the same shape. @throws ProducerError as `commit`
   */
  beginProgress(shape: FrameShape): void;
  /**
   * The first `bytesFilled` bytes are written (and, of arrays that are not contiguous, the first `rowsFilled` rows). Sent when
   * the throttle allows (W-42); never goes back. @throws ProducerError "progress" beyond the frame, or going back
   */
  reportProgress(bytesFilled: number, rowsFilled?: number | null): void;
  /** Publishes the frame, in claim order. @throws ProducerError when the shape does not fit, or the claim has ended */
  commit(shape: FrameShape): void;
  /** Gives the slot up: readers see a counted gap. Does nothing to a claim that has ended. */
  abort(): void;
}

/** Writes frames of one stream. Made by `TensorPool.addProducer`. */
export interface Producer extends AsyncDisposable {
  readonly streamId: number;
  readonly flow: Flow;
  readonly counters: RoleCounters<ProducerCounterName>;
  /** Generation of the stream's regions (W-21); 0 while there are none. */
  readonly epoch: number;
  /** Who this producer is on the wire; in a driver deployment the client id of its lease. */
  readonly producerId: number;
  /** True while there are regions to write to: always, for a producer that owns them. */
  readonly isAttached: boolean;
  /** Why the driver gave no lease when it was asked last; null since it gave one. */
  readonly attachRefusal: AttachError | null;
  /** True while descriptors have a way to go: the media driver has made it. */
  readonly isReady: boolean;
  /** True while a consumer subscribes to the descriptors. */
  readonly isConnected: boolean;
  /** Consumers that have mapped the present epoch and said so within the last periods. */
  readonly mappedConsumers: number;
  /** True when so many consumers have mapped the epoch and subscribe to its descriptors, which may come later. */
  hasReaders(count: number): boolean;
  /** Bytes of the largest frame that fits; 0 while there are no regions. */
  readonly maxByteLength: number;
  /** True while a descriptor waits for room in the window: claims are refused meanwhile (`flow` "wait"). */
  readonly isWaiting: boolean;
  /** True while some consumer reads frames that are still being written: only then progress is worth reporting (W-41). */
  readonly isProgressWanted: boolean;
  /** True when, after `finish`, every mapped consumer has seen the newest frame, or has left the epoch. */
  readonly isDrained: boolean;
  readonly isClosed: boolean;
  /** Why `tryClaim` returned null last. */
  readonly lastRefusal: ClaimRefusal;
  /**
   * Takes the next slot for a frame of `byteLength` bytes, from the smallest pool that holds it (W-05). Null when none can be
   * had; `lastRefusal` says why. Never blocks, never allocates after the first round through the ring. Several slots may be
   * claimed at once; they are published in claim order. `nowNs` is the frame's time, as `doWork` gets it (`processNs`), read here
   * when left out (a third of what a claim costs). @throws UsageError for a length that is no whole number from 0 on
   */
  tryClaim(byteLength: number, nowNs?: number): Slot | null;
  /**
   * Copies one tensor into a slot and publishes it. Never retries; with "queued" it is published later, without another call.
   * @throws ProducerError when the shape does not fit `bytes`
   */
  offer(bytes: Uint8Array, shape: FrameShape): OfferResult;
  /** While true, descriptors of committed frames may be published together, which costs less: others follow at once. */
  setBurst(isBurst: boolean): void;
  /** Replaces the attributes; frames committed from now on go with a new `metaVersion` (W-45). */
  setAttributes(attributes: readonly Attribute[]): void;
  /** Tells one consumer of this stream what to do (W-39). */
  sendConsumerConfig(config: ConsumerConfig): void;
  /** Says that the stream has ended: no frame will follow. Readers drain what is under way and unmap. */
  finish(): void;
  /** Ends the stream, removes its regions or gives the lease back, and takes the producer out of its pool. Idempotent. */
  close(): Promise<void>;
}

/**
 * A frame in shared memory, as a handler sees it: valid during the call only, and it may be overwritten while it is read.
 * Whether it was is known afterwards: by the outcome of `poll`, or earlier by `isIntact`. One object stands for all frames.
 */
export interface Frame {
  /** Frame number within the epoch. */
  readonly seq: number;
  /** Slot of the header ring and of the pool. */
  readonly index: number;
  readonly dtype: Dtype;
  readonly majorOrder: MajorOrder;
  /** Slowest first in "row" order; the same array while the shape stays the same. */
  readonly dims: readonly number[];
  /** Bytes from one element to the next, a dimension each; 0 where contiguous (W-10). */
  readonly strides: readonly number[];
  /** True when the elements follow one another without gaps, so that `values` holds them in order. */
  readonly isContiguous: boolean;
  /** Bytes that can be read; of a frame that is still being written, those that are filled. */
  readonly byteLength: number;
  /** The values, in place: `byteLength` bytes of shared memory. @throws ConsumerError after the handler returned */
  readonly bytes: Uint8Array;
  /** The values as elements of `dtype`, in place ("bool", "bytes" and "bit" as bytes). @throws ConsumerError as `bytes` */
  readonly values: Values;
  /** Where its slot lies in files. @throws ConsumerError as `bytes` */
  readonly place: SlotPlace;
  readonly metaVersion: number;
  /** The attributes that go with `metaVersion`; empty while they are not known. */
  readonly attributes: readonly Attribute[];
  /** The frame's timestamp, by default CLOCK_MONOTONIC ns when its slot was claimed (W-47). Allocates. */
  readonly timestampNs: bigint;
  /** Nanoseconds since the timestamp, if that is of CLOCK_MONOTONIC. */
  readonly ageNs: number;
  /** Acquires and checks again: true when everything read until now was of this frame. To be asked before any side effect. */
  isIntact(): boolean;
  /**
   * Copies the values to the beginning of `target`, without allocating; false when they were overwritten meanwhile (what is in
   * `target` is then of no use). @throws ConsumerError when `target` is shorter than `byteLength`
   */
  copyTo(target: Uint8Array): boolean;
}

/**
 * Reads a frame in place; what it computes counts only once the frame proved intact, see `PollOptions.settled`. It may name a
 * cause for which it could not use the frame, which is then counted as lost under that cause. (An async one does not compile:
 * a frame is valid during the call only.)
 */
// biome-ignore lint/suspicious/noConfusingVoidType: most handlers return nothing.
export type FrameHandler = (frame: Frame) => LossCause | undefined | void;

export interface PollOptions {
  /** Most frames to hand out in this call; 64 when left out. */
  readonly limit?: number;
  /** Told after each frame whether it was intact until its handler returned. */
  readonly settled?: (seq: number, isIntact: boolean) => void;
}

/** What became of reading one frame: a value computed from an intact frame, or why there is none. */
export type ReadResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly cause: ReadFailure };
/** "none": no frame is there. Otherwise the cause under which the frame was counted as lost. */
export type ReadFailure = "none" | LossCause;

/** Reads frames of one stream. Made by `TensorPool.addConsumer`. */
export interface Consumer extends AsyncDisposable {
  readonly streamId: number;
  readonly counters: RoleCounters<ConsumerCounterName>;
  /** Who this consumer is on the wire; in a driver deployment the client id of its lease. */
  readonly consumerId: number;
  /** What it was made with, or what a ConsumerConfig has told it since (W-39). */
  readonly mode: ConsumerMode;
  /** True while it has a lease; always, without a driver. */
  readonly isAttached: boolean;
  /** Why the driver gave no lease when it was asked last; null since it gave one. */
  readonly attachRefusal: AttachError | null;
  /** True while the stream's regions are mapped. */
  readonly isMapped: boolean;
  /** Where the frames of a bridge arrive that are read in place of shared memory; null while that is read. */
  readonly bridge: string | null;
  /** Frames that were read through a bridge, which `counters` has not; null before the first use of one. */
  readonly bridgeCounters: RoleCounters<ConsumerCounterName> | null;
  /** Generation of the mapped regions, or of what comes through the bridge; null while nothing is mapped. */
  readonly epoch: bigint | null;
  /** How the producer treats a full window: "wait" means that this reader may hold it back for a while. */
  readonly flow: Flow;
  /** The stream's current attributes; empty while they are not known. */
  readonly attributes: readonly Attribute[];
  /** True once the stream's attributes are known, be they none. */
  readonly hasAttributes: boolean;
  readonly isClosed: boolean;
  /**
   * Hands out frames that are there, in order; returns how many descriptors were dealt with. Frames that cannot be read any
   * more are skipped and counted. An exception of the handler comes out here, after its frame was settled like any other.
   */
  poll(handler: FrameHandler, options?: PollOptions): number;
  /**
   * Computes something from the next frame that the mode does not skip. The value is given only when the frame was intact until
   * `compute` returned; `compute` must have no side effects, since it may have seen a frame that was being overwritten.
   */
  read<T>(compute: (frame: Frame) => T): ReadResult<T>;
  /**
   * Owned copies of the frames as they come, until the consumer is closed or `signal` aborts. At most `depth` copies
   * wait; beyond that `policy` "latest" drops the oldest and "stream" the newest, counted as `sinkTooSlow`.
   */
  frames(options?: CollectorOptions & { readonly signal?: AbortSignal }): AsyncGenerator<OwnedFrame, void>;
  /** Unmaps the regions, gives the lease back, and takes the consumer out of its pool; `frames` ends. Idempotent. */
  close(): Promise<void>;
}

/** Owns the regions of streams and leases them to producers and consumers (D-01). Made by `TensorPool.addDriver`. */
export interface Driver extends AsyncDisposable {
  readonly counters: RoleCounters<DriverCounterName>;
  /** True once every stream's regions are there, or known to be impossible, and requests are answered. */
  readonly isReady: boolean;
  /** Live leases. */
  readonly leaseCount: number;
  /** Why it serves no longer; null while it serves. */
  readonly failure: unknown;
  /** Ends every lease, removes the regions, and takes the driver out of its pool. Idempotent. */
  close(): Promise<void>;
}

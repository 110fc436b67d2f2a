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

// The objects that users of the library hold. The classes behind these interfaces have more members, for the pool and for each other.

/** Counters of one role. They only grow, except those that show a state. */
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
 * A claimed slot: fill it in place, then commit or abort it. The end of a `using` block aborts an uncommitted slot. The producer reuses one
 * object for each slot of the ring, so that a claim allocates nothing: do not keep it after `commit` or `abort`.
 */
export interface Slot extends Disposable {
  /** Frame number within the epoch. */
  readonly seq: number;
  /** Slot of the header ring and of the pool. */
  readonly index: number;
  /** Requested bytes. */
  readonly byteLength: number;
  /** The slot's memory: exactly the requested bytes. @throws ProducerError once committed, aborted or unmapped */
  readonly bytes: Uint8Array;
  /** Address of the slot's memory in this process, for devices and native code. @throws ProducerError as `bytes` */
  readonly address: number;
  /** The slot's place in files. @throws ProducerError as `bytes` */
  readonly place: SlotPlace;
  /** The same memory as elements of a dtype, e.g. `slot.values("uint16")`. @throws ProducerError as `bytes` */
  values<D extends Dtype>(dtype: D): ValuesByDtype[D];
  /**
   * Reports progress to readers that ask for it: first the shape, before the payload is written (W-43), then `reportProgress`. The frame
   * must be committed with the same shape. @throws ProducerError as `commit`
   */
  beginProgress(shape: FrameShape): void;
  /**
   * The first `bytesFilled` bytes are written (and, of arrays that are not contiguous, the first `rowsFilled` rows). Sent when
   * the throttle allows (W-42); never goes back. @throws ProducerError "progress" beyond the frame, or going back
   */
  reportProgress(bytesFilled: number, rowsFilled?: number | null): void;
  /** Publishes the frame, in claim order. @throws ProducerError when the shape does not fit, or the claim has ended */
  commit(shape: FrameShape): void;
  /** Aborts the claim: readers see a counted gap. Does nothing to a claim that has ended. */
  abort(): void;
}

/** Writes frames of one stream. Made by `TensorPool.addProducer`. */
export interface Producer extends AsyncDisposable {
  readonly streamId: number;
  readonly flow: Flow;
  readonly counters: RoleCounters<ProducerCounterName>;
  /** Generation of the stream's regions (W-21); 0 while there are none. */
  readonly epoch: number;
  /** Id of this producer on the wire; with a driver, the client id of its lease. */
  readonly producerId: number;
  /** True while there are regions to write to; always, if the producer owns them. */
  readonly isAttached: boolean;
  /** Why the driver refused the last request for a lease; null after it granted one. */
  readonly attachRefusal: AttachError | null;
  /** True while the media driver has a publication for the descriptors. */
  readonly isReady: boolean;
  /** True while a consumer subscribes to the descriptors. */
  readonly isConnected: boolean;
  /** Consumers that have reported the current epoch as mapped within the last periods. */
  readonly mappedConsumers: number;
  /** True when `count` consumers have mapped the epoch, and its descriptors have as many subscribers. */
  hasReaders(count: number): boolean;
  /** Bytes of the largest frame that fits; 0 while there are no regions. */
  readonly maxByteLength: number;
  /** True while a descriptor waits for room in the window and claims are refused (`flow` "wait"). */
  readonly isWaiting: boolean;
  /** True while a consumer reads frames that are still being written: only then report progress (W-41). */
  readonly isProgressWanted: boolean;
  /** True when, after `finish`, every mapped consumer has seen the newest frame, or has left the epoch. */
  readonly isDrained: boolean;
  readonly isClosed: boolean;
  /** Why `tryClaim` last returned null. */
  readonly lastRefusal: ClaimRefusal;
  /**
   * Claims the next slot for a frame of `byteLength` bytes, from the smallest pool that fits (W-05). Null if there is none; `lastRefusal`
   * has the reason. Never blocks, never allocates after the first round through the ring. Several slots may be
   * claimed at once; they are published in claim order. `nowNs` is the frame's time, as passed to `doWork` (`processNs`); reading it here
   * takes a third of a claim's time. @throws UsageError unless the length is a whole number from 0 on
   */
  tryClaim(byteLength: number, nowNs?: number): Slot | null;
  /**
   * Copies one tensor into a slot and publishes it. Never retries. A "queued" frame is published later, without another call.
   * @throws ProducerError when the shape does not fit `bytes`
   */
  offer(bytes: Uint8Array, shape: FrameShape): OfferResult;
  /** While true, descriptors of committed frames may be published together, which costs less: set it if more frames follow at once. */
  setBurst(isBurst: boolean): void;
  /** Replaces the attributes; frames that are committed later have a new `metaVersion` (W-45). */
  setAttributes(attributes: readonly Attribute[]): void;
  /** Configures one consumer of this stream (W-39). */
  sendConsumerConfig(config: ConsumerConfig): void;
  /** Ends the stream: no frame will follow. Readers drain the frames in flight and unmap. */
  finish(): void;
  /** Ends the stream, removes its regions or returns the lease, and removes the producer from its pool. Idempotent. */
  close(): Promise<void>;
}

/**
 * A frame in shared memory, as a handler sees it: valid during the call only, and it may be overwritten while it is read. `settled` of
 * `poll` reports that afterwards, and `isIntact` at any time. The consumer reuses one object for all frames.
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
  /** Bytes from one element to the next, for each dimension; 0 if contiguous (W-10). */
  readonly strides: readonly number[];
  /** True when the elements follow one another without gaps, so that `values` holds them in order. */
  readonly isContiguous: boolean;
  /** Readable bytes; of a frame that is still being written, the filled ones. */
  readonly byteLength: number;
  /** The values, in place: `byteLength` bytes of shared memory. @throws ConsumerError after the handler returned */
  readonly bytes: Uint8Array;
  /** The values as elements of `dtype`, in place ("bool", "bytes" and "bit" as bytes). @throws ConsumerError as `bytes` */
  readonly values: Values;
  /** Place of its slot in files. @throws ConsumerError as `bytes` */
  readonly place: SlotPlace;
  readonly metaVersion: number;
  /** The attributes of `metaVersion`; empty while they are unknown. */
  readonly attributes: readonly Attribute[];
  /** The frame's timestamp, by default CLOCK_MONOTONIC ns when its slot was claimed (W-47). Allocates. */
  readonly timestampNs: bigint;
  /** Nanoseconds since the timestamp, if that uses CLOCK_MONOTONIC. */
  readonly ageNs: number;
  /** Checks again, with an acquire fence: true if everything read until now belongs to this frame. Call it before any side effect. */
  isIntact(): boolean;
  /**
   * Copies the values to the beginning of `target`, without allocating; false if they were overwritten meanwhile (then do not use
   * `target`). @throws ConsumerError when `target` is shorter than `byteLength`
   */
  copyTo(target: Uint8Array): boolean;
}

/**
 * Reads a frame in place. Its result is valid only if the frame proves intact, see `PollOptions.settled`. If it could not use the frame, it
 * may return a cause, under which the frame then counts as lost. (An async handler does not compile: a frame is valid during the call
 * only.)
 */
// biome-ignore lint/suspicious/noConfusingVoidType: most handlers return nothing.
export type FrameHandler = (frame: Frame) => LossCause | undefined | void;

export interface PollOptions {
  /** Most frames to pass in this call; 64 when left out. */
  readonly limit?: number;
  /** Called after each frame: whether it was intact until its handler returned. */
  readonly settled?: (seq: number, isIntact: boolean) => void;
}

/** Result of reading one frame: a value computed from an intact frame, or why there is none. */
export type ReadResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly cause: ReadFailure };
/** "none": no frame is available. Otherwise the cause under which the frame was counted as lost. */
export type ReadFailure = "none" | LossCause;

/** Reads frames of one stream. Made by `TensorPool.addConsumer`. */
export interface Consumer extends AsyncDisposable {
  readonly streamId: number;
  readonly counters: RoleCounters<ConsumerCounterName>;
  /** Id of this consumer on the wire; with a driver, the client id of its lease. */
  readonly consumerId: number;
  /** The mode of its options, or of the last ConsumerConfig (W-39). */
  readonly mode: ConsumerMode;
  /** True while it has a lease; always, without a driver. */
  readonly isAttached: boolean;
  /** Why the driver refused the last request for a lease; null after it granted one. */
  readonly attachRefusal: AttachError | null;
  /** True while the stream's regions are mapped. */
  readonly isMapped: boolean;
  /** Address where the frames of a bridge arrive while they are read in place of shared memory; otherwise null. */
  readonly bridge: string | null;
  /** Counters of frames that were read through a bridge, which `counters` does not include; null before the first use of a bridge. */
  readonly bridgeCounters: RoleCounters<ConsumerCounterName> | null;
  /** Generation of the mapped regions, or of the frames from the bridge; null while nothing is mapped. */
  readonly epoch: bigint | null;
  /** The producer's reaction to a full window: with "wait" this reader can delay it for a limited time. */
  readonly flow: Flow;
  /** The stream's current attributes; empty while they are unknown. */
  readonly attributes: readonly Attribute[];
  /** True once the stream's attributes are known, even if there are none. */
  readonly hasAttributes: boolean;
  readonly isClosed: boolean;
  /**
   * Passes the available frames to the handler, in order; returns the number of handled descriptors. Frames that can no longer be read are
   * skipped and counted. An exception of the handler is thrown here, after its frame was settled.
   */
  poll(handler: FrameHandler, options?: PollOptions): number;
  /**
   * Computes a value from the next frame that the mode does not skip. There is a value only if the frame was intact until `compute`
   * returned. `compute` must have no side effects, because it may see a frame that is being overwritten.
   */
  read<T>(compute: (frame: Frame) => T): ReadResult<T>;
  /**
   * Owned copies of the frames as they arrive, until the consumer is closed or `signal` aborts. At most `depth` copies wait; beyond that,
   * `policy` "latest" drops the oldest and "stream" the newest, counted as `sinkTooSlow`.
   */
  frames(options?: CollectorOptions & { readonly signal?: AbortSignal }): AsyncGenerator<OwnedFrame, void>;
  /** Unmaps the regions, returns the lease, and removes the consumer from its pool; `frames` ends. Idempotent. */
  close(): Promise<void>;
}

/** Owns the regions of streams and leases them to producers and consumers (D-01). Made by `TensorPool.addDriver`. */
export interface Driver extends AsyncDisposable {
  readonly counters: RoleCounters<DriverCounterName>;
  /** True once requests are answered, and every stream has regions or has failed to get them. */
  readonly isReady: boolean;
  /** Live leases. */
  readonly leaseCount: number;
  /** Why the driver stopped; null while it serves. */
  readonly failure: unknown;
  /** Ends every lease, removes the regions, and removes the driver from its pool. Idempotent. */
  close(): Promise<void>;
}

import type { ReceiverLedger, SenderLedger } from "../bridge/ledger.ts";
import type { AttachError } from "../roles/errors.ts";
import type { ConsumerCounterName, RoleCounters } from "./handles.ts";

/** Sends frames of one stream to a receiver on another host (W-48). Made by `TensorPool.addBridgeSender`. */
export interface BridgeSender extends AsyncDisposable {
  readonly streamId: number;
  /** The receiver, as given in the options. */
  readonly to: string;
  /** True while it has a lease; always, without a driver. */
  readonly isAttached: boolean;
  /** Why the driver refused the last request for a lease; null after it granted one. */
  readonly attachRefusal: AttachError | null;
  /** True while the stream's regions are mapped. */
  readonly isMapped: boolean;
  /** True while a receiver is connected; without one the sender reads no frame. */
  readonly isConnected: boolean;
  /** Bytes of the values of sent frames. */
  readonly bytes: number;
  /** Frames since the start, each under one cause. Allocates. */
  readonly ledger: SenderLedger;
  /** Resolves when the source has ended and the end was sent to a receiver. The sender then waits for the next epoch, unless it is closed. */
  readonly ended: Promise<void>;
  /** Ends the connection, returns the lease, and removes the sender from its pool. Idempotent. */
  close(): Promise<void>;
}

/** One stream of a receiver. */
export interface BridgedStream {
  /** The sender's stream. */
  readonly streamId: number;
  /** The stream of this host that carries its frames. */
  readonly toStreamId: number;
  /** True while a sender sends an epoch. */
  readonly isConnected: boolean;
  /** The sender's frames since it connected, as of its newest heartbeat. */
  readonly sender: SenderLedger;
  /** Their outcome at the receiver. */
  readonly receiver: ReceiverLedger;
}

/**
 * Receives frames of senders on other hosts, and publishes each of their streams on a stream of this host: with an epoch and regions of
 * its own, under the sender's seqs (W-48). Made by `TensorPool.addBridgeReceiver`.
 */
export interface BridgeReceiver extends AsyncDisposable {
  /** True once datagrams are received. */
  readonly isReady: boolean;
  /** Streams that a sender has opened. Allocates. */
  readonly streams: readonly BridgedStream[];
  /** Ends the streams, returns or removes their regions, and removes the receiver from its pool. Idempotent. */
  close(): Promise<void>;
}

/** Carries a part of a stream's frames to a second stream of this host (W-48). Made by `TensorPool.addDecimator`. */
export interface Decimator extends AsyncDisposable {
  readonly streamId: number;
  /** The stream that the frames are published on. */
  readonly toStreamId: number;
  /** True while it has a lease on the source; always, without a driver. */
  readonly isAttached: boolean;
  /** Why the driver refused the last request for a lease on the source; null after it granted one. */
  readonly attachRefusal: AttachError | null;
  /** Frames carried so far. */
  readonly carried: number;
  /** Counters of the consumer that reads the source. */
  readonly counters: RoleCounters<ConsumerCounterName>;
  /** Ends the second stream, returns both leases, and removes the decimator from its pool. Idempotent. */
  close(): Promise<void>;
}

import type { ReceiverLedger, SenderLedger } from "../bridge/ledger.ts";
import type { AttachError } from "../roles/errors.ts";
import type { ConsumerCounterName, RoleCounters } from "./handles.ts";

/** Sends frames of one stream to a receiver on another host (W-48). Made by `TensorPool.addBridgeSender`. */
export interface BridgeSender extends AsyncDisposable {
  readonly streamId: number;
  /** The receiver, as it was named. */
  readonly to: string;
  /** True while it has a lease; always, without a driver. */
  readonly isAttached: boolean;
  /** Why the driver gave no lease when it was asked last; null since it gave one. */
  readonly attachRefusal: AttachError | null;
  /** True while the stream's regions are mapped. */
  readonly isMapped: boolean;
  /** True while a receiver is connected: without one, no frame is read. */
  readonly isConnected: boolean;
  /** Bytes of the values of frames that were sent. */
  readonly bytes: number;
  /** Frames since the beginning, each under one cause. Allocates. */
  readonly ledger: SenderLedger;
  /** Resolves when the source has ended, and a receiver was sent its end. The sender waits for the next epoch, unless it is closed. */
  readonly ended: Promise<void>;
  /** Ends the connection, gives the lease back, and takes the sender out of its pool. Idempotent. */
  close(): Promise<void>;
}

/** One stream that a receiver takes. */
export interface BridgedStream {
  /** The sender's stream. */
  readonly streamId: number;
  /** The stream of this host that carries its frames. */
  readonly toStreamId: number;
  /** True while a sender sends an epoch. */
  readonly isConnected: boolean;
  /** The sender's frames since it connected, as of its newest heartbeat. */
  readonly sender: SenderLedger;
  /** What became of them here. */
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
  /** Ends the streams, gives their regions back, and takes the receiver out of its pool. Idempotent. */
  close(): Promise<void>;
}

/** Carries a part of a stream's frames to a second stream of this host (W-48). Made by `TensorPool.addDecimator`. */
export interface Decimator extends AsyncDisposable {
  readonly streamId: number;
  /** The stream that the frames are published on. */
  readonly toStreamId: number;
  /** True while it has a lease on the source; always, without a driver. */
  readonly isAttached: boolean;
  /** Why the driver gave no lease on the source when it was asked last; null since it gave one. */
  readonly attachRefusal: AttachError | null;
  /** Frames that were carried so far. */
  readonly carried: number;
  /** Of the consumer that reads the source. */
  readonly counters: RoleCounters<ConsumerCounterName>;
  /** Ends the second stream, gives both leases back, and takes the decimator out of its pool. Idempotent. */
  close(): Promise<void>;
}

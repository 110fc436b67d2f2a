import type { MessageHandler } from "../../aeron/subscription.ts";
import type { Counter } from "../../core/counters.ts";
import { type AttachRefusal, type AttachRequest, refuseUnreadable } from "../../protocol/attach-validation.ts";
import { type LeaseRole, leaseRoleOfCode } from "../../protocol/lease-table.ts";
import { ConsumerHelloDecoder, ShmPoolAnnounceDecoder } from "../../sbe/generated/control/index.ts";
import {
  Bool,
  ShmAttachRequestDecoder,
  ShmDetachRequestDecoder,
  ShmDriverShutdownRequestDecoder,
  ShmLeaseKeepaliveDecoder,
  ShmLeaseRevokeRequestDecoder,
} from "../../sbe/generated/driver/index.ts";
import {
  correlationIdHighAt,
  correlationIdLowAt,
  hasCorrelationId,
  messageKeyAt,
  versionAt,
} from "../../sbe/header.ts";
import { messageByKey, type Refusal, type RefusalDetails } from "../../sbe/index.ts";

/** Lease requests of clients and operators. */
export interface LeaseRequests {
  onAttach(request: AttachRequest): void;
  /** An attach request that is unreadable except for its correlation id (D-09, W-36). */
  onUnreadableAttach(correlationId: bigint, refusal: AttachRefusal): void;
  onDetach(correlationId: bigint, leaseId: bigint, streamId: number, clientId: number, role: LeaseRole): void;
  onKeepalive(leaseHigh: number, leaseLow: number, streamId: number, clientId: number, role: LeaseRole): void;
  onRevokeRequest(correlationId: bigint, leaseId: bigint, token: string): void;
}

/** Other requests to a driver. */
export interface DriverInboxListener {
  onShutdownRequest(correlationId: bigint, token: string, why: string): void;
  /** A consumer asks for the stream (W-38). */
  onHello(streamId: number): void;
  onAnnounce(streamId: number, epoch: bigint, sessionId: number): void;
}

/** Decodes messages to a driver and passes on the well-formed ones; all others are counted (W-36). */
export class DriverInbox {
  readonly #leases: LeaseRequests;
  readonly #listener: DriverInboxListener;
  readonly #refused: Counter;
  readonly #unknown: Counter;
  readonly #attach = new ShmAttachRequestDecoder();
  readonly #detach = new ShmDetachRequestDecoder();
  readonly #keepalive = new ShmLeaseKeepaliveDecoder();
  readonly #revoke = new ShmLeaseRevokeRequestDecoder();
  readonly #shutdown = new ShmDriverShutdownRequestDecoder();
  readonly #hello = new ConsumerHelloDecoder();
  readonly #announce = new ShmPoolAnnounceDecoder();

  /** @param refused counts malformed messages @param unknown counts messages of no known kind (W-36) */
  constructor(leases: LeaseRequests, listener: DriverInboxListener, refused: Counter, unknown: Counter) {
    this.#leases = leases;
    this.#listener = listener;
    this.#refused = refused;
    this.#unknown = unknown;
  }

  readonly onMessage: MessageHandler = (view, length, sessionId) => {
    const key = messageKeyAt(view, 0, length);
    switch (key) {
      case ShmLeaseKeepaliveDecoder.KEY:
        if (this.#isSound(this.#keepalive.wrap(view, 0, length))) this.#onKeepalive(this.#keepalive);
        break;
      case ShmAttachRequestDecoder.KEY: {
        const refusal = this.#attach.wrap(view, 0, length);
        if (this.#isSound(refusal)) this.#onAttach(this.#attach, versionAt(view, 0, length), sessionId);
        else if (hasCorrelationId(view, 0, length)) this.#onUnreadable(view, refusal as Refusal, this.#attach);
        break;
      }
      case ShmDetachRequestDecoder.KEY:
        if (this.#isSound(this.#detach.wrap(view, 0, length))) this.#onDetach(this.#detach);
        break;
      case ShmLeaseRevokeRequestDecoder.KEY:
        if (this.#isSound(this.#revoke.wrap(view, 0, length))) {
          const { correlationId, leaseId } = this.#revoke;
          this.#leases.onRevokeRequest(correlationId, leaseId, this.#revoke.token());
        }
        break;
      case ShmDriverShutdownRequestDecoder.KEY:
        if (this.#isSound(this.#shutdown.wrap(view, 0, length))) {
          const { correlationId } = this.#shutdown;
          this.#listener.onShutdownRequest(correlationId, this.#shutdown.token(), this.#shutdown.errorMessage());
        }
        break;
      case ConsumerHelloDecoder.KEY:
        if (this.#isSound(this.#hello.wrap(view, 0, length))) this.#listener.onHello(this.#hello.streamId);
        break;
      case ShmPoolAnnounceDecoder.KEY:
        if (this.#isSound(this.#announce.wrap(view, 0, length))) {
          this.#listener.onAnnounce(this.#announce.streamId, this.#announce.epoch, sessionId);
        }
        break;
      default:
        // Known message kinds for other receivers are ignored.
        if (messageByKey(key) === undefined) this.#unknown.increment();
    }
  };

  #isSound(refusal: Refusal | null): boolean {
    if (refusal === null) return true;
    this.#refused.increment();
    return false;
  }

  #onAttach(message: ShmAttachRequestDecoder, schemaVersion: number, sessionId: number): void {
    const { streamId, clientId, expectedLayoutVersion, maxDims, publishMode, correlationId } = message;
    this.#leases.onAttach({
      schemaVersion,
      correlationId,
      sessionId,
      streamId,
      clientId,
      role: leaseRoleOfCode(message.role) as LeaseRole,
      expectedLayoutVersion,
      maxDims,
      publishMode,
      requireHugepages: message.requireHugepages === Bool.TRUE,
    });
  }

  #onUnreadable(view: DataView, refusal: Refusal, details: RefusalDetails): void {
    const words = (BigInt(correlationIdHighAt(view, 0)) << 32n) | BigInt(correlationIdLowAt(view, 0));
    this.#leases.onUnreadableAttach(BigInt.asIntN(64, words), refuseUnreadable(refusal, details));
  }

  #onDetach(message: ShmDetachRequestDecoder): void {
    const { correlationId, leaseId, streamId, clientId } = message;
    const role = leaseRoleOfCode(message.role) as LeaseRole;
    this.#leases.onDetach(correlationId, leaseId, streamId, clientId, role);
  }

  #onKeepalive(message: ShmLeaseKeepaliveDecoder): void {
    const role = leaseRoleOfCode(message.role) as LeaseRole;
    this.#leases.onKeepalive(message.leaseIdHigh, message.leaseIdLow, message.streamId, message.clientId, role);
  }
}
